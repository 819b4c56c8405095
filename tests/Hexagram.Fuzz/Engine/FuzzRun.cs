using System.Diagnostics;

namespace Hexagram.Fuzz.Engine;

/// <summary>Tries inputs on one target, and keeps those that do something new to make others from.</summary>
internal sealed class FuzzRun(IFuzzTarget target, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Observations _seen = new();
    private readonly List<byte[]> _kept = [];
    private readonly HashSet<string> _places = [];

    /// <summary>Inputs tried.</summary>
    public long Executions { get; private set; }

    /// <summary>Counters filled: edges taken, when the code is instrumented, and what the target reports.</summary>
    public int Edges => _seen.Known;

    /// <summary>Inputs that did something new, in the order in which they were found.</summary>
    public IReadOnlyList<byte[]> Kept => _kept;

    /// <summary>Called with every input that broke a promise at a place of its own.</summary>
    public Action<byte[], Exception> Found { get; init; } = static (_, _) => { };

    /// <summary>Called every now and then.</summary>
    public Action Progress { get; init; } = static () => { };

    /// <summary>Tries the seeds and <paramref name="corpus"/>, then what comes of them, until the time or the number is reached.</summary>
    public async Task RunAsync(IReadOnlyList<byte[]> corpus, TimeSpan time, long executionsMax = long.MaxValue)
    {
        var trial = new Trial(target, _seen);
        var began = Stopwatch.GetTimestamp();
        var told = began;
        foreach (var input in target.Seeds().Concat(corpus))
        {
            await TryAsync(trial, input);
        }

        // So that there is something to make others from, also if nothing at all was reported.
        if (_kept.Count == 0)
        {
            _kept.Add([]);
        }

        var mutator = new Mutator(_random, target.InputBytesMax);
        while (Executions < executionsMax && Stopwatch.GetElapsedTime(began) < time)
        {
            await TryAsync(trial, mutator.Mutate(Pick(), Pick()));
            if (Stopwatch.GetElapsedTime(told) > TimeSpan.FromSeconds(10))
            {
                told = Stopwatch.GetTimestamp();
                Progress();
            }
        }
    }

    private async Task TryAsync(Trial trial, byte[] input)
    {
        var fault = await trial.FaultAsync(input);
        Executions = trial.Count;
        if (fault is not null)
        {
            if (_places.Add(PlaceOf(fault)))
            {
                Found(input, fault);
            }
        }
        else if (_seen.IsAnythingNew(target.IsSynchronous, keep: true))
        {
            _kept.Add(input);
        }
    }

    /// <summary>What was found lately is more likely to lead on.</summary>
    private byte[] Pick()
    {
        var from = _random.Next(2) == 0 ? Math.Max(0, _kept.Count - 32) : 0;
        return _kept[_random.Next(from, _kept.Count)];
    }

    /// <summary>The innermost places of the stack name the defect; the same one is not told a thousand times.</summary>
    private static string PlaceOf(Exception fault)
    {
        var innermost = fault;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        var words = innermost is BrokenPromiseException ? string.Concat(innermost.Message.Where(char.IsLetter)) : "";
        return $"{innermost.GetType().Name} {words} {string.Join('\n', (innermost.StackTrace ?? "").Split('\n').Take(3))}";
    }
}

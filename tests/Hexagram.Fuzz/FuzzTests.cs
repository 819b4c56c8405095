using Hexagram.Fuzz.Engine;
using Hexagram.Fuzz.Targets;

namespace Hexagram.Fuzz;

/// <summary>
/// Every target with the inputs that are kept, and with some that nobody has seen. What the long runs found is in README.md, with the command
/// that runs them.
/// </summary>
public sealed class FuzzTests
{
    private const int Seed = 20_260_102;

    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1";

    public static TheoryData<string> Targets => new(AllTargets.Names);

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Every_input_that_is_kept_breaks_nothing(string name)
    {
        await using var target = AllTargets.Named(name)[0]();
        var corpus = Corpus.Read(Corpus.Kept(name));
        Assert.NotEmpty(corpus);
        var trial = new Trial(target, new Observations());
        foreach (var input in corpus)
        {
            if (await trial.FaultAsync(input) is { } fault)
            {
                Assert.Fail(Words(name, input, fault));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Some_seconds_of_inputs_that_nobody_has_seen_break_nothing(string name)
    {
        await using var target = AllTargets.Named(name)[0]();
        var broken = new List<string>();
        var run = new FuzzRun(target, Seed) { Found = (input, fault) => broken.Add(Words(name, input, fault)) };

        await run.RunAsync(Corpus.Read(Corpus.Kept(name)), TimeSpan.FromSeconds(Long ? 60 : 2));

        Assert.True(broken.Count == 0, string.Join("\n\n", broken));
        Assert.True(run.Executions > 0);
        Measured.Report($"fuzzing {name}: {run.Executions} inputs, nothing broken");
    }

    [Fact]
    public async Task A_mistake_that_takes_four_certain_bytes_is_found()
    {
        await using var target = new PlantedMistake();
        var found = new List<byte[]>();
        var run = new FuzzRun(target, Seed) { Found = (input, _) => found.Add(input) };

        await run.RunAsync([], TimeSpan.FromMinutes(10), executionsMax: 200_000);

        Assert.StartsWith("SIX!", System.Text.Encoding.Latin1.GetString(Assert.Single(found)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Out_of_many_inputs_that_do_the_same_the_shortest_is_kept()
    {
        await using var target = new PlantedMistake();

        var kept = await new Minimiser(target).MinimiseAsync(["S and more"u8.ToArray(), "S"u8.ToArray(), "SI"u8.ToArray(), "SI, too"u8.ToArray()], bytesMax: 100);

        Assert.Equal(["S", "SI"], kept.Select(System.Text.Encoding.ASCII.GetString));
    }

    [Fact]
    public void The_corpus_in_the_tree_stays_small() =>
        Assert.InRange(AllTargets.Names.Sum(name => Corpus.Read(Corpus.Kept(name)).Sum(input => (long)input.Length)), 1, 300_000);

    /// <summary>What broke, and how to see it again.</summary>
    private static string Words(string name, byte[] input, Exception fault)
    {
        var file = Corpus.Write(Path.Combine(Path.GetTempPath(), "hexagram-fuzz-found", name), input);
        return $"seed {Seed}, again with: dotnet run --project tests/Hexagram.Fuzz -- --target {name} --input {file}\n{fault}";
    }

    private sealed class PlantedMistake : SynchronousTarget
    {
        public override string Name => "planted";

        public override IEnumerable<byte[]> Seeds() => ["something"u8.ToArray()];

        protected override void Try(byte[] input, Observations seen)
        {
            var alike = 0;
            while (alike < 4 && alike < input.Length && input[alike] == "SIX!"[alike])
            {
                seen.Saw(++alike);
            }

            BrokenPromiseException.Unless(alike < 4, "The mistake is found.");
        }
    }
}

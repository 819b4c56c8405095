namespace Hexagram.Chaos.Faults;

/// <summary>
/// Which fault comes when: all chosen ones in an order of chance, then all in another one, and so on. The same seed gives the same plan. Thread-safe.
/// </summary>
internal sealed class FaultPlan(IReadOnlyList<Fault> faults, TimeSpan duration, int seed)
{
    /// <summary>From this length of a run on, some pauses outlast the time after which a silent session is given up.</summary>
    private static readonly TimeSpan LongRun = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan BeyondSilence = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(8);

    private readonly Queue<Fault> _bag = new();
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    /// <summary>
    /// The next fault, how long to wait before it, so that each comes about three times in the run at the least, and what chance has to say about it: a
    /// source of its own, since faults run beside each other.
    /// </summary>
    public (TimeSpan After, Fault Fault, Random Random) Next()
    {
        lock (_gate)
        {
            if (_bag.Count == 0)
            {
                var order = faults.ToArray();
                _random.Shuffle(order);
                Array.ForEach(order, _bag.Enqueue);
            }

            var gap = TimeSpan.FromTicks(Math.Min(duration.Ticks / (3 * faults.Count), GapMax.Ticks));
            return (gap * (0.5 + _random.NextDouble()), _bag.Dequeue(), new Random(_random.Next()));
        }
    }

    /// <summary>A fault has found nothing to strike: it comes again.</summary>
    public void Again(Fault fault)
    {
        lock (_gate)
        {
            _bag.Enqueue(fault);
        }
    }

    /// <summary>How long something stands still.</summary>
    public TimeSpan Pause(Random random)
    {
        var longest = TimeSpan.FromTicks(Math.Min(duration.Ticks / 8, PauseMax.Ticks));
        return duration >= LongRun && random.Next(8) == 0
            ? BeyondSilence + (random.NextDouble() * PauseMax)
            : longest * (0.1 + (0.9 * random.NextDouble()));
    }
}

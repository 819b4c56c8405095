namespace Hexagram.Simulation.Engine;

/// <summary>
/// A virtual clock, one source of chance and a queue of what happens next. Everything in a schedule follows from its
/// seed: the same seed gives the same schedule, event for event.
/// </summary>
internal sealed class World(int seed)
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private long _order;

    /// <summary>What is lost on purpose.</summary>
    internal Losses Losses { get; init; } = Losses.None;

    internal Random Random { get; } = new(seed);

    internal TimeSpan Now { get; private set; }

    /// <summary>The server's wall clock: an arbitrary day plus virtual time.</summary>
    internal DateTimeOffset WallClock => Day + Now;

    /// <summary>Set to see every step of a replay.</summary>
    internal Action<string>? Tracer { get; init; }

    internal void Trace(FormattableString what) => Tracer?.Invoke(FormattableString.Invariant($"{Now.TotalMilliseconds,9:0} {what}"));

    /// <summary>Runs <paramref name="action"/> after a delay; at equal times in the order of the calls.</summary>
    internal void After(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + delay, _order++));

    /// <summary>A time between two bounds, in milliseconds.</summary>
    internal TimeSpan Between(int fewest, int most) => TimeSpan.FromMilliseconds(Random.Next(fewest, most + 1));

    internal bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Runs until <paramref name="end"/>, or until nothing is left to happen.</summary>
    internal void RunUntil(TimeSpan end, Func<bool>? done = null)
    {
        while (_events.TryPeek(out _, out var next) && next.At <= end && done?.Invoke() != true)
        {
            var action = _events.Dequeue();
            Now = next.At;
            action();
        }
    }

    private static readonly DateTimeOffset Day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
}

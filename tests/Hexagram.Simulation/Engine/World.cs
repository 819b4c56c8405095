using System.Globalization;
using System.Runtime.CompilerServices;

namespace Hexagram.Simulation.Engine;

/// <summary>
/// A virtual clock and a queue of what happens next. Everything in a schedule follows from its plan: the same plan gives
/// the same schedule, event for event.
/// </summary>
internal sealed class World(int seed)
{
    private static readonly DateTimeOffset FirstDay = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, Moment> _events = new();
    private DateTimeOffset _day = FirstDay;
    private long _order;

    /// <summary>What is lost on purpose.</summary>
    internal Losses Losses { get; init; } = new(cutsTheConnection: true);

    /// <summary>What has struck.</summary>
    internal Tally Tally { get; } = new();

    /// <summary>Chance is forked from here, one source for each actor.</summary>
    internal Dice Dice { get; } = new((ulong)seed);

    /// <summary>The time of timers, the same for everybody.</summary>
    internal TimeSpan Now { get; private set; }

    /// <summary>The server's wall clock, which is right.</summary>
    internal DateTimeOffset WallClock => _day + Now;

    /// <summary>Set to see every step of a replay.</summary>
    internal Action<string>? Tracer { get; init; }

    internal bool IsTraced => Tracer is not null;

    internal void Trace([InterpolatedStringHandlerArgument("")] ref TraceHandler what)
    {
        if (Tracer is not null)
        {
            Tracer(string.Create(CultureInfo.InvariantCulture, $"{Now.TotalMilliseconds,9:0} ") + what.ToString());
        }
    }

    /// <summary>Runs <paramref name="action"/> after a delay; at equal times in the order of the calls.</summary>
    internal void After(TimeSpan delay, Action action) => _events.Enqueue(action, new Moment(Now.Ticks + delay.Ticks, _order++));

    /// <summary>Months pass in an instant; timers do not notice.</summary>
    internal void Lapse(TimeSpan time) => _day += time;

    /// <summary>Runs until <paramref name="end"/>, or until nothing is left to happen, or until <paramref name="done"/>, which is asked now and then.</summary>
    internal void RunUntil(TimeSpan end, Func<bool>? done = null)
    {
        for (var count = 0; _events.TryPeek(out _, out var next) && next.Ticks <= end.Ticks; count++)
        {
            if (done is not null && count % 32 == 0 && done())
            {
                return;
            }

            var action = _events.Dequeue();
            Now = new TimeSpan(next.Ticks);
            action();
        }
    }

    private readonly record struct Moment(long Ticks, long Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Ticks != other.Ticks ? Ticks.CompareTo(other.Ticks) : Order.CompareTo(other.Order);
    }
}

/// <summary>Builds the text of a trace only when somebody reads it: tracing is off in all schedules but a replayed one.</summary>
[InterpolatedStringHandler]
internal ref struct TraceHandler
{
    private DefaultInterpolatedStringHandler _text;

    public TraceHandler(int literalLength, int formattedCount, World world, out bool isTraced)
    {
        isTraced = world.IsTraced;
        _text = isTraced ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>
/// A clock that a test sets while the process runs, and timers that run faster than time. As in a real computer, setting the clock does
/// not move the timers. Thread-safe.
/// </summary>
/// <param name="haste">How many times faster the timers run.</param>
internal sealed class SteeredClock(int haste) : TimeProvider
{
    private long _shift;

    public override long TimestampFrequency => System.TimestampFrequency / haste;

    /// <summary>Sets the clock forward, or back if <paramref name="by"/> is negative, from where it really is.</summary>
    public void Shift(TimeSpan by) => Volatile.Write(ref _shift, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _shift));

    public override long GetTimestamp() => System.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new HastyTimer(System.CreateTimer(callback, state, Sooner(dueTime), Sooner(period)), this);

    private TimeSpan Sooner(TimeSpan wait) => wait > TimeSpan.Zero ? wait / haste : wait;

    private sealed class HastyTimer(ITimer timer, SteeredClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Sooner(dueTime), clock.Sooner(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}

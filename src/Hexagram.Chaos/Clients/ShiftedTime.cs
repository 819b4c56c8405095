namespace Hexagram.Chaos.Clients;

/// <summary>The system's clock, set wrong on purpose. Its timers, and the time that has elapsed, go on as they are. Thread-safe.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    /// <summary>How far it is ahead; negative: behind.</summary>
    public TimeSpan Shift
    {
        get => new(Interlocked.Read(ref _shiftTicks));
        set => Interlocked.Exchange(ref _shiftTicks, value.Ticks);
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}

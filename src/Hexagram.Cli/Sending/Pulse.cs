namespace Hexagram.Cli.Sending;

/// <summary>Something that happens again and again, and can be waited for. Thread-safe.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = NewBeat();

    /// <summary>Completes at the next beat after this was read.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Wakes all who wait.</summary>
    public void Beat() => Interlocked.Exchange(ref _next, NewBeat()).TrySetResult();

    private static TaskCompletionSource NewBeat() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

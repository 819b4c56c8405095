namespace Hexagram.Chaos.Proxy;

/// <summary>Open, or closed until somebody opens it. Thread-safe.</summary>
internal sealed class Gate
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _opened;

    /// <summary>Whether nothing passes.</summary>
    public bool IsClosed => Volatile.Read(ref _opened) is not null;

    /// <summary>Lets nothing pass any more.</summary>
    /// <returns>Whether it was open.</returns>
    public bool Close()
    {
        lock (_gate)
        {
            var wasOpen = _opened is null;
            _opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return wasOpen;
        }
    }

    /// <summary>Lets everybody pass.</summary>
    /// <returns>Whether it was closed.</returns>
    public bool Open()
    {
        lock (_gate)
        {
            var opened = _opened;
            _opened = null;
            opened?.SetResult();
            return opened is not null;
        }
    }

    /// <summary>Completes when it is open.</summary>
    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _opened) is { } opened)
        {
            await opened.Task.WaitAsync(cancellationToken);
        }
    }
}

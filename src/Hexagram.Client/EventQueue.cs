using Microsoft.Extensions.Logging;

namespace Hexagram.Client;

/// <summary>Raises events one after the other, on the thread pool, so that no lock is held and no loop is kept waiting. Thread-safe.</summary>
internal sealed class EventQueue(ILogger logger)
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <summary>After those before it.</summary>
    internal void Raise<T>(EventHandler<T>? handlers, object sender, T args)
    {
        if (handlers is null)
        {
            return;
        }

        lock (_gate)
        {
            _last = _last.ContinueWith(
                (_, _) => RaiseNow(handlers, sender, args),
                null,
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
    }

    /// <summary>On the caller's thread, for events whose handlers decide something.</summary>
    internal void RaiseNow<T>(EventHandler<T>? handlers, object sender, T args)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(sender, args);
            }
            catch (Exception cause)
            {
                logger.EventHandlerFailed(cause);
            }
        }
    }

    /// <summary>Completes when everything raised so far has been heard.</summary>
    internal Task CompleteAsync()
    {
        lock (_gate)
        {
            return _last;
        }
    }
}

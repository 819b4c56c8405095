namespace Hexagram.Client;

/// <summary>
/// A handler has failed. The message stays the next one of its stream, and the handler gets it again after
/// <see cref="RetryAfter"/>, for ever; later messages wait behind it. Whoever is told of this may set the message aside instead.
/// </summary>
public sealed class HandlerFailedEventArgs : EventArgs
{
    internal HandlerFailedEventArgs(Message message, Exception exception, TimeSpan retryAfter)
    {
        Message = message;
        Exception = exception;
        RetryAfter = retryAfter;
    }

    /// <summary>The message, with the number of the attempt that failed.</summary>
    public Message Message { get; }

    /// <summary>What the handler threw, or why its transaction could not be committed.</summary>
    public Exception Exception { get; }

    /// <summary>How long it takes to the next attempt.</summary>
    public TimeSpan RetryAfter { get; }

    internal string? SetAsideReason { get; private set; }

    /// <summary>
    /// Keeps the message beside the inbox, confirms it, and goes on with the next. Has an effect only while the event is being raised.
    /// </summary>
    /// <param name="reason">Kept with the message.</param>
    public void SetAside(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        SetAsideReason = reason;
    }
}

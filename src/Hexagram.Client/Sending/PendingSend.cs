namespace Hexagram.Client.Sending;

/// <summary>A <c>SendAsync</c> call whose message is being written.</summary>
internal sealed class PendingSend(SentMessage message) : TaskCompletionSource<SentMessage>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    internal SentMessage Message => message;

    /// <summary>It is known whether the message is durable.</summary>
    internal bool IsSettled { get; private set; }

    /// <summary>Why it is not.</summary>
    internal ClientStoreException? Fault { get; private set; }

    internal void Settle(ClientStoreException? fault)
    {
        IsSettled = true;
        Fault = fault;
    }

    /// <summary>Tells the caller; one in a handler's transaction has been told before.</summary>
    internal void Complete()
    {
        if (Fault is null)
        {
            TrySetResult(message);
        }
        else
        {
            TrySetException(Fault);
        }
    }
}

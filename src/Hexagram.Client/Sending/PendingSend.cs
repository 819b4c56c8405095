using Hexagram.Client.Stores;

namespace Hexagram.Client.Sending;

/// <summary>
/// A <c>SendAsync</c> call whose message is being written. Used under the sender's lock, but for <see cref="Completed"/>, which
/// <paramref name="inserted"/> brings there. A store that answers within the call leaves nobody to wait, and nothing is made to wait with.
/// </summary>
internal sealed class PendingSend(SentMessage message, Action<PendingSend, ClientStoreException?> inserted) : IInsertion
{
    private TaskCompletionSource<SentMessage>? _waiting;
    private bool _isTold;

    internal SentMessage Message => message;

    /// <summary>It is known whether the message is durable.</summary>
    internal bool IsSettled { get; private set; }

    /// <summary>Why it is not.</summary>
    internal ClientStoreException? Fault { get; private set; }

    /// <summary>What the caller of <c>SendAsync</c> gets.</summary>
    internal Task<SentMessage> Task =>
        !_isTold ? (_waiting ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task
        : Fault is null ? System.Threading.Tasks.Task.FromResult(message)
        : System.Threading.Tasks.Task.FromException<SentMessage>(Fault);

    public void Joined() => Tell();

    public void Completed(ClientStoreException? fault) => inserted(this, fault);

    internal void Settle(ClientStoreException? fault)
    {
        IsSettled = true;
        Fault = fault;
    }

    /// <summary>Tells the caller; one in a handler's transaction has been told before.</summary>
    internal void Tell()
    {
        if (_isTold)
        {
            return;
        }

        _isTold = true;
        if (_waiting is { } waiting)
        {
            SqliteWriter.Complete(waiting, message, Fault);
        }
    }
}

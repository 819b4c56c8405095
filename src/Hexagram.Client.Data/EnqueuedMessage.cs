namespace Hexagram.Client.Data;

/// <summary>A message in a transaction of the application: sent if that is committed, and never otherwise. Thread-safe.</summary>
public sealed class EnqueuedMessage
{
    private readonly TaskCompletionSource<SentMessage> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal EnqueuedMessage(Guid ticket) => Ticket = ticket;

    /// <summary>Completes when the transaction has been committed and the message stands in the outbox: from then on, <see cref="SentMessage"/> says how it goes on.</summary>
    /// <exception cref="OperationCanceledException">The transaction was rolled back, or a savepoint before the message was; it is never sent.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of first. If the transaction is committed, the next client that opens the store sends the message.</exception>
    public Task<SentMessage> Sent => _sent.Task;

    /// <summary>What names it in the database.</summary>
    internal Guid Ticket { get; }

    internal void Taken(SentMessage message) => _sent.TrySetResult(message);

    internal void RolledBack() => _sent.TrySetCanceled();

    internal void Closed()
    {
        if (_sent.TrySetException(new ObjectDisposedException(nameof(HexagramClient), "The client was disposed of before it could take the message.")))
        {
            // Nobody has to look: a task that was only offered must not end up as an unobserved exception.
            _ = _sent.Task.Exception;
        }
    }
}

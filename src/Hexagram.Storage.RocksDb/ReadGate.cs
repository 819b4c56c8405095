namespace Hexagram.Storage.RocksDb;

/// <summary>
/// Lets reads in until the store closes, and tells when the last one is out: RocksDB must not be closed under a reader's feet.
/// Safe from any thread.
/// </summary>
internal sealed class ReadGate
{
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Readers inside, and one for the gate's being open.
    private int _count = 1;
    private int _closed;

    /// <summary>Lets a read in; it must <see cref="Leave"/>.</summary>
    /// <exception cref="StoreUnavailableException">The store is closed.</exception>
    internal void Enter()
    {
        Interlocked.Increment(ref _count);
        if (Volatile.Read(ref _closed) != 0)
        {
            Leave();
            throw new StoreUnavailableException("The mailbox store has been closed; ask again once the server is back.");
        }
    }

    /// <summary>The read is done.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Lets nobody in any more; completes when the last one has left.</summary>
    internal Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            Leave();
        }

        return _empty.Task;
    }
}

using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.Lines;

/// <summary>
/// Bytes of msg:R that are at work at a time over all sessions of a node: with the store, and not yet decided by it. Whoever finds
/// no room waits its turn, in the order of asking. Thread-safe.
/// </summary>
/// <remarks>
/// It bounds the queue before the store: an honest session waits behind that much, and then behind one msg:R of each session that waits, and
/// not behind all that others could send. It bounds memory too, for a session whose msg:R could go to the store at once is not read on while it waits
/// here. What waits for the authorizer takes no room, and what came after it in the same session does not either: those are bounded by session alone.
/// So how long room is held is up to the store, and never to a client, or to the authorizer's answer about one recipient. One always fits when there is
/// no other, however large.
/// </remarks>
internal sealed class RequestBudget(long bytesMax)
{
    /// <summary>What a msg:R costs beside its body: its packet, its id and recipient, its place in a batch.</summary>
    private const int OverheadBytes = 1_024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private long _used;

    /// <summary>Bytes at work.</summary>
    public long Used
    {
        get
        {
            lock (_gate)
            {
                return _used;
            }
        }
    }

    /// <summary>What <paramref name="request"/> counts for.</summary>
    public static int BytesOf(MessageRequest request) => request.Body.Content.Length + OverheadBytes;

    /// <summary>Takes room if there is any and nobody waits for it.</summary>
    public bool TryTake(int bytes)
    {
        lock (_gate)
        {
            return _waiting.Count == 0 && TryTakeNow(bytes);
        }
    }

    /// <summary>Takes room as soon as there is any. Nothing is taken when it is cancelled.</summary>
    public async Task TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(bytes);
        lock (_gate)
        {
            if (_waiting.Count == 0 && TryTakeNow(bytes))
            {
                return;
            }

            _waiting.AddLast(waiter);
        }

        try
        {
            await waiter.Granted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            GiveUp(waiter);
            throw;
        }
    }

    /// <summary>What was taken is at work no longer.</summary>
    public void Return(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            GrantNext();
        }
    }

    private void GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Granted.Task.IsCompleted)
            {
                // Granted in the same moment.
                _used -= waiter.Bytes;
            }
            else
            {
                _waiting.Remove(waiter);
            }

            GrantNext();
        }
    }

    private void GrantNext()
    {
        while (_waiting.First is { Value: var next } && TryTakeNow(next.Bytes))
        {
            _waiting.RemoveFirst();
            next.Granted.SetResult();
        }
    }

    private bool TryTakeNow(int bytes)
    {
        if (_used > 0 && _used + bytes > bytesMax)
        {
            return false;
        }

        _used += bytes;
        return true;
    }

    private sealed class Waiter(int bytes)
    {
        public int Bytes => bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

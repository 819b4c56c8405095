using Hexagram.Protocol;
using Orleans.Runtime;

namespace Hexagram.Server.Router;

/// <summary>
/// The way to one user's grain: one call at a time, and the next carries all that has gathered meanwhile. So a busy recipient costs a
/// call per batch and hints keep their order, and an idle one costs no delay. Thread-safe; the lock is never held over a call.
/// </summary>
internal sealed class UserRoute(UserId user, UserRoutes routes)
{
    /// <summary>Hints that may wait behind one call. What is beyond is dropped: the heartbeat makes it good.</summary>
    internal const int WaitingMax = 16_384;

    private readonly Lock _gate = new();
    private List<EntryHint> _entries = [];
    private List<IStoredListener> _senders = [];
    private List<DeliveryReport> _reports = [];
    private bool _calling;
    private bool _givenUp;

    /// <summary>Whose grain.</summary>
    public UserId User => user;

    /// <summary>False when this route is no longer in use and the caller must get another.</summary>
    public bool TryAdd(EntryHint entry, IStoredListener sender)
    {
        lock (_gate)
        {
            if (_givenUp)
            {
                return false;
            }

            if (_entries.Count < WaitingMax)
            {
                _entries.Add(entry);
                _senders.Add(sender);
            }

            if (_calling)
            {
                return true;
            }

            _calling = true;
        }

        _ = CallAsync();
        return true;
    }

    /// <inheritdoc cref="TryAdd(EntryHint, IStoredListener)"/>
    public bool TryAdd(DeliveryReport report)
    {
        lock (_gate)
        {
            if (_givenUp)
            {
                return false;
            }

            if (_reports.Count < WaitingMax)
            {
                _reports.Add(report);
            }

            if (_calling)
            {
                return true;
            }

            _calling = true;
        }

        _ = CallAsync();
        return true;
    }

    private async Task CallAsync()
    {
        var grain = routes.Grain(user);
        while (TryTake(out var post, out var senders))
        {
            try
            {
                if (!await grain.PostAsync(post).ConfigureAwait(false))
                {
                    TellStored(post.Entries, senders);
                }
            }
            catch (Exception fault) when (fault is OrleansException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // Whether anybody is there is not known, so nothing is said.
                routes.Lost(user, fault);
            }
        }
    }

    private bool TryTake(out UserPost post, out List<IStoredListener> senders)
    {
        lock (_gate)
        {
            senders = _senders;
            post = new UserPost(_entries, _reports);
            if (_entries.Count == 0 && _reports.Count == 0)
            {
                // Kept only while in use, so that memory follows what is live.
                _givenUp = true;
                routes.GiveUp(this);
                return false;
            }

            _entries = [];
            _senders = [];
            _reports = [];
            return true;
        }
    }

    private void TellStored(IReadOnlyList<EntryHint> entries, List<IStoredListener> senders)
    {
        for (var i = 0; i < entries.Count;)
        {
            var sender = senders[i];
            var ids = new List<MessageId>();
            for (; i < entries.Count && senders[i] == sender; i++)
            {
                ids.Add(entries[i].Entry.Id);
            }

            sender.Stored(user, ids);
        }
    }
}

using Hexagram.Protocol;

namespace Hexagram.Server.Router;

/// <summary>
/// The way to one user's grain: one call at a time, and the next carries all that has gathered meanwhile. So a busy recipient costs a
/// call per batch and hints keep their order, and an idle one costs no delay. Thread-safe; the lock is never held over a call.
/// </summary>
internal sealed class UserRoute(UserId user, UserRoutes routes)
{
    /// <summary>Hints that may wait behind one call, and bytes of their bodies. What is beyond is dropped: the heartbeat makes it good.</summary>
    internal const int WaitingMax = 16_384;

    /// <inheritdoc cref="WaitingMax"/>
    internal const long WaitingBytesMax = 64 << 20;

    private readonly Lock _gate = new();
    private List<Waiting> _entries = [];
    private List<DeliveryReport> _reports = [];
    private long _bytes;
    private bool _calling;
    private bool _givenUp;

    /// <summary>A hint, and who is to hear if there is nobody to receive it.</summary>
    private readonly record struct Waiting(EntryHint Hint, IStoredListener Sender);

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

            if (_entries.Count < WaitingMax && _bytes < WaitingBytesMax)
            {
                _entries.Add(new Waiting(entry, sender));
                _bytes += entry.Entry.Body.Content.Length;
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
        while (TryTake(out var entries, out var reports))
        {
            try
            {
                // Two senders' answers may have overtaken each other; in sequence, sessions need not ask the store.
                entries.Sort(static (left, right) => left.Hint.Entry.Sequence.CompareTo(right.Hint.Entry.Sequence));
                if (!await grain.PostAsync(new UserPost(entries.ConvertAll(static one => one.Hint), reports)).ConfigureAwait(false))
                {
                    TellStored(entries);
                }
            }
            catch (Exception fault)
            {
                // Whether anybody is there is not known, so nothing is said.
                routes.Lost(user, fault);
            }
        }
    }

    private bool TryTake(out List<Waiting> entries, out List<DeliveryReport> reports)
    {
        lock (_gate)
        {
            entries = _entries;
            reports = _reports;
            if (_entries.Count == 0 && _reports.Count == 0)
            {
                // Kept only while in use, so that memory follows what is live.
                _givenUp = true;
                routes.GiveUp(this);
                return false;
            }

            _entries = [];
            _reports = [];
            _bytes = 0;
            return true;
        }
    }

    private void TellStored(List<Waiting> entries)
    {
        for (var i = 0; i < entries.Count;)
        {
            var sender = entries[i].Sender;
            var ids = new List<MessageId>();
            for (; i < entries.Count && entries[i].Sender == sender; i++)
            {
                ids.Add(entries[i].Hint.Entry.Id);
            }

            sender.Stored(user, ids);
        }
    }
}

using System.Runtime.InteropServices;
using Hexagram.Protocol;

namespace Hexagram.Server.Router;

/// <summary>
/// The way to one user's sessions: one post at a time, and the next carries all that has gathered meanwhile. So a busy recipient costs a
/// post per batch and hints keep their order, and an idle one costs no delay. When the user's router is on this node the post goes straight to the
/// sessions that it knows, otherwise by a call. Thread-safe; the lock is never held over a post.
/// </summary>
internal sealed class UserRoute(UserId user, UserRoutes routes)
{
    /// <summary>Hints that may wait behind one post, and bytes of their bodies. What is beyond is dropped: the heartbeat makes it good.</summary>
    internal const int WaitingMax = 16_384;

    /// <inheritdoc cref="WaitingMax"/>
    internal const long WaitingBytesMax = 64 << 20;

    /// <summary>Room that a list keeps for the next post.</summary>
    private const int KeptMax = 8;

    private readonly Lock _gate = new();
    private List<Waiting> _entries = [];
    private List<DeliveryReport> _reports = [];
    private long _bytes;
    private long _held;

    // What is being posted; it belongs to whoever posts.
    private long _postedHeld;
    private List<Waiting> _posted = [];
    private List<EntryHint> _hints = [];
    private List<DeliveryReport> _postedReports = [];
    private LiveSessions? _sessions;
    private bool _posting;
    private bool _calling;
    private bool _givenUp;

    /// <summary>A hint, and who is to hear if there is nobody to receive it.</summary>
    private readonly record struct Waiting(EntryHint Hint, IStoredListener Sender);

    /// <summary>Whose sessions.</summary>
    public UserId User => user;

    /// <summary>A post is under way.</summary>
    public bool IsPosting
    {
        get
        {
            lock (_gate)
            {
                return _posting;
            }
        }
    }

    /// <summary>False when this route is no longer in use and the caller must get another.</summary>
    public bool TryAdd(ReadOnlySpan<EntryHint> entries, IStoredListener sender)
    {
        lock (_gate)
        {
            if (_givenUp)
            {
                return false;
            }

            foreach (ref readonly var entry in entries)
            {
                var bytes = entry.Entry.Body.Content.Length;
                if (_entries.Count < WaitingMax && _bytes < WaitingBytesMax && TryHold(bytes))
                {
                    _entries.Add(new Waiting(entry, sender));
                    _bytes += bytes;
                }
            }

            if (!MustBegin())
            {
                return true;
            }
        }

        _ = PostAsync();
        return true;
    }

    /// <inheritdoc cref="TryAdd(ReadOnlySpan{EntryHint}, IStoredListener)"/>
    public bool TryAdd(DeliveryReport report)
    {
        lock (_gate)
        {
            if (_givenUp)
            {
                return false;
            }

            if (_reports.Count < WaitingMax && TryHold(report.Ids.Count * MessageId.Bytes))
            {
                _reports.Add(report);
            }

            if (!MustBegin())
            {
                return true;
            }
        }

        _ = PostAsync();
        return true;
    }

    /// <summary>Whether it is the caller who posts. Under the lock.</summary>
    private bool MustBegin()
    {
        if (_posting)
        {
            return false;
        }

        _posting = _entries.Count > 0 || _reports.Count > 0;
        if (!_posting)
        {
            // There was no room for it.
            GiveUpIfUnused();
        }

        return _posting;
    }

    /// <summary>The user's router is on this node. False as above.</summary>
    public bool TryPublish(LiveSessions sessions)
    {
        lock (_gate)
        {
            _sessions = sessions;
            return !_givenUp;
        }
    }

    /// <summary>The user's router is on this node no longer, unless it is another one by now.</summary>
    public void Withdraw(LiveSessions sessions)
    {
        lock (_gate)
        {
            if (_sessions == sessions)
            {
                _sessions = null;
                GiveUpIfUnused();
            }
        }
    }

    /// <summary>
    /// The first round is the caller's, who has come with something to post. What others add meanwhile is not: a session that posted for everybody would not get on.
    /// </summary>
    private async Task PostAsync()
    {
        while (true)
        {
            var sessions = Take();
            try
            {
                if (_posted.Count > 1)
                {
                    // Two senders' answers may have overtaken each other; in sequence, sessions need not ask the store.
                    _posted.Sort(static (left, right) => left.Hint.Entry.Sequence.CompareTo(right.Hint.Entry.Sequence));
                }

                foreach (ref readonly var one in CollectionsMarshal.AsSpan(_posted))
                {
                    _hints.Add(one.Hint);
                }

                if (!(sessions?.Post(_hints, _postedReports) ?? await CallAsync().ConfigureAwait(false)))
                {
                    TellStored();
                }
            }
            catch (Exception fault)
            {
                // Whether anybody is there is not known, so nothing is said.
                routes.Lost(user, fault);
            }

            if (TryEnd())
            {
                return;
            }

            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    /// <summary>The user's router is on another node, or nowhere yet. What crosses to it is its own: the lists here are used anew.</summary>
    private ValueTask<bool> CallAsync() => routes.Grain(user).PostAsync(new UserPost([.. _hints], [.. _postedReports]));

    /// <summary>Whoever is here is posted to at once; what is for others waits as long as their nodes let it, and many routes together must not take all memory.</summary>
    private bool TryHold(int contentBytes)
    {
        if (_sessions is not null && !_calling)
        {
            return true;
        }

        var bytes = contentBytes + UserRoutes.HintBytes;
        if (!routes.TryHold(bytes))
        {
            return false;
        }

        _held += bytes;
        return true;
    }

    /// <summary>Takes what has gathered, and tells to whom it goes if they are here.</summary>
    private LiveSessions? Take()
    {
        lock (_gate)
        {
            (_entries, _posted) = (_posted, _entries);
            (_reports, _postedReports) = (_postedReports, _reports);
            (_bytes, _held, _postedHeld) = (0, 0, _held);
            _calling = _sessions is null;
            return _sessions;
        }
    }

    /// <summary>Ends posting if nothing has been added meanwhile.</summary>
    private bool TryEnd()
    {
        _hints.Clear();
        _posted.Clear();
        _postedReports.Clear();
        routes.LetGo(_postedHeld);
        lock (_gate)
        {
            if (_entries.Count > 0 || _reports.Count > 0)
            {
                return false;
            }

            _posting = _calling = false;
            LetGoOfRoom();
            GiveUpIfUnused();
            return true;
        }
    }

    /// <summary>Kept only while in use or while the router is here, so that memory follows what is live.</summary>
    private void GiveUpIfUnused()
    {
        if (!_posting && _sessions is null)
        {
            _givenUp = true;
            routes.GiveUp(this);
        }
    }

    /// <summary>A burst must not hold its memory for as long as the user stays.</summary>
    private void LetGoOfRoom()
    {
        if (Math.Max(Math.Max(_posted.Capacity, _entries.Capacity), Math.Max(_reports.Capacity, _postedReports.Capacity)) > KeptMax)
        {
            (_entries, _posted, _hints, _reports, _postedReports) = ([], [], [], [], []);
        }
    }

    private void TellStored()
    {
        for (var i = 0; i < _posted.Count;)
        {
            var sender = _posted[i].Sender;
            var ids = new List<MessageId>();
            for (; i < _posted.Count && _posted[i].Sender == sender; i++)
            {
                ids.Add(_posted[i].Hint.Entry.Id);
            }

            sender.Stored(user, ids);
        }
    }
}

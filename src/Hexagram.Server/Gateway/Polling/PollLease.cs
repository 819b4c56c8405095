using Hexagram.Protocol;
using Hexagram.Server.Router;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// What the router knows of a device that polls: there all the time, while its polls come and go (PROTOCOL §14.1, the lease). What is to be said goes to
/// the poll that is held; between two of them ack:N are kept, and entries are not, since the next poll reads them. Nothing here is worth more than a resend.
/// </summary>
/// <remarks>Thread-safe. No session is called inside the lock, because sessions call in from inside theirs.</remarks>
internal sealed class PollLease(PollLeases leases, UserId user, SessionRecord record) : ISessionPost
{
    private readonly Lock _gate = new();
    private readonly List<DeliveryReport> _kept = [];
    private SessionRecord _record = record;
    private Session? _held;
    private Session? _replaced;
    private int _keptIds;
    private long _leftAt = leases.Now;
    private bool _opened;
    private bool _over;

    /// <summary>Whose.</summary>
    public UserId User => user;

    /// <summary>How the router knows it.</summary>
    public SessionRecord Record
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    /// <summary>
    /// A poll begins. One that is held already gives it its place, and is answered when this one has confirmed its cursor. False when the lease is over: there is
    /// another by now.
    /// </summary>
    public bool TryEnter(Session session, bool receiving)
    {
        Session? third;
        lock (_gate)
        {
            if (_over)
            {
                return false;
            }

            (third, _replaced, _held) = (_replaced, _held, session);
            _opened = false;
            _record = _record with { Receiving = receiving };
        }

        // A client has two at a time at the most; whoever has more is not to make them pile up.
        third?.Answer();
        return true;
    }

    /// <summary>The poll has its Welcome, so that there is a place for what was kept.</summary>
    public void Opened(Session session)
    {
        Session? replaced;
        DeliveryReport[] kept = [];
        lock (_gate)
        {
            if (_held != session)
            {
                return;
            }

            _opened = true;
            (replaced, _replaced) = (_replaced, null);
            if (_kept.Count > 0)
            {
                kept = [.. _kept];
                _kept.Clear();
                _keptIds = 0;
            }
        }

        replaced?.Answer();
        if (kept.Length > 0)
        {
            Report(kept);
        }
    }

    /// <summary>A poll is about to be answered, or its client has gone.</summary>
    public void Leave(Session session, bool forGood)
    {
        Session? replaced = null;
        lock (_gate)
        {
            if (_replaced == session)
            {
                _replaced = null;
            }

            if (_held != session)
            {
                return;
            }

            (replaced, _replaced) = (_replaced, null);
            _held = null;
            _leftAt = leases.Now;
        }

        replaced?.Answer();
        if (forGood)
        {
            Close();
        }
    }

    /// <inheritdoc/>
    public void Notify(IReadOnlyList<EntryHint> entries) => Volatile.Read(ref _held)?.Notify(entries);

    /// <inheritdoc/>
    public void Report(IReadOnlyList<DeliveryReport> reports)
    {
        if (Listener() is { } session && session.TryReport(reports))
        {
            return;
        }

        // Nobody is held, or it has said its last word in this moment.
        lock (_gate)
        {
            foreach (var report in reports)
            {
                if (!_over && _keptIds + report.Ids.Count <= ProtocolLimits.ReportsKeptMax)
                {
                    _kept.Add(report);
                    _keptIds += report.Ids.Count;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Supersede()
    {
        if (TryEnd(ifRunOut: false, out var held, out var replaced))
        {
            held?.End(ErrorCode.Superseded);
            replaced?.End(ErrorCode.Superseded);
            leases.Remove(this);
        }
    }

    /// <inheritdoc/>
    /// <remarks>What is held is answered, so that the client goes on; what was kept for it is found out with the status of its messages.</remarks>
    public void GiveWay() => Close();

    /// <summary>Ends the lease, and the user is online through it no longer.</summary>
    public void Close() => Close(ifRunOut: false);

    /// <summary>Ends the lease if its time is over.</summary>
    public void Tick() => Close(ifRunOut: true);

    private void Close(bool ifRunOut)
    {
        if (TryEnd(ifRunOut, out var held, out var replaced))
        {
            held?.Answer();
            replaced?.Answer();
            leases.Remove(this);
            leases.Unregister(this);
        }
    }

    private Session? Listener()
    {
        lock (_gate)
        {
            return _opened ? _held : null;
        }
    }

    private bool TryEnd(bool ifRunOut, out Session? held, out Session? replaced)
    {
        lock (_gate)
        {
            (held, replaced) = (_held, _replaced);
            if (_over || (ifRunOut && (held is not null || !leases.IsRunOut(_leftAt))))
            {
                return false;
            }

            (_held, _replaced, _over) = (null, null, true);
            _kept.Clear();
            return true;
        }
    }
}

using Hexagram.Protocol;
using Hexagram.Server.Options;

namespace Hexagram.Server.Router;

/// <summary>
/// The live sessions of one user: what the user's router knows. The grain keeps it right; whoever is on the grain's node may post to it
/// without calling the grain. Thread-safe.
/// </summary>
internal sealed class LiveSessions(UserId user, SessionDirectory directory, ServerOptions options)
{
    private readonly Lock _gate = new();

    // A user has a handful of devices, and a bound of sessions: an array is the right table. Replaced, never changed, so that posting needs no lock.
    private volatile SessionRecord[] _sessions = [];

    /// <summary>Whether there is any.</summary>
    public bool Any => _sessions.Length > 0;

    /// <summary>All that are known. What the router knows moves with it from node to node.</summary>
    public IReadOnlyList<SessionRecord> All
    {
        get => _sessions;
        init => _sessions = [.. value];
    }

    /// <summary>The node on which they are when none is on this one; null when one is, or there is none.</summary>
    public string? Elsewhere => _sessions is [var first, ..] all && all.All(session => session.Address.Node != directory.Node) ? first.Address.Node : null;

    /// <summary>A session begins; see <see cref="IUserRouterGrain.RegisterAsync"/>.</summary>
    public RegisterOutcome Register(SessionRecord session)
    {
        lock (_gate)
        {
            if (IsOneTooMany(session))
            {
                return RegisterOutcome.TooManySessions;
            }

            return TryTakePlace(session, isNew: true) ? RegisterOutcome.Registered : RegisterOutcome.Superseded;
        }
    }

    /// <summary>A session has ended.</summary>
    public void Unregister(SessionAddress session)
    {
        lock (_gate)
        {
            _sessions = [.. _sessions.Where(known => known.Address != session)];
        }
    }

    /// <summary>The sessions that a node holds, said again.</summary>
    public void Keep(IReadOnlyList<SessionRecord> sessions)
    {
        lock (_gate)
        {
            // Of some the end may have been lost on its way here, or they went with their node.
            _sessions = [.. _sessions.Where(IsFound)];
            foreach (var session in sessions)
            {
                if (!directory.TryFind(session.Address, user, out var post) || TryTakePlace(session, isNew: false))
                {
                    continue;
                }

                if (KnownOf(session) is { } known && known.GoesOnFrom(session))
                {
                    post.GiveWay();
                }
                else
                {
                    post.Supersede();
                }
            }
        }
    }

    /// <summary>Brings what has gathered to the sessions.</summary>
    /// <returns>Whether any receiving session is known.</returns>
    public bool Post(IReadOnlyList<EntryHint> entries, IReadOnlyList<DeliveryReport> reports)
    {
        var receiving = false;
        foreach (var known in _sessions)
        {
            if (!directory.TryFind(known.Address, user, out var session))
            {
                // It ended, and the word of that was lost, or is on its way.
                Unregister(known.Address);
                continue;
            }

            receiving |= known.Receiving;
            if (known.Receiving && entries.Count > 0)
            {
                session.Notify(entries);
            }

            if (reports.Count > 0)
            {
                session.Report(reports);
            }
        }

        return receiving;
    }

    private bool IsOneTooMany(SessionRecord session)
    {
        var max = options.Bounds.SessionsPerUserMax;
        if (_sessions.Length < max || _sessions.Any(known => known.Device == session.Device))
        {
            return false;
        }

        // Of some the end may have been lost on its way here.
        _sessions = [.. _sessions.Where(IsFound)];
        return _sessions.Length >= max;
    }

    private bool IsFound(SessionRecord known) => directory.TryFind(known.Address, user, out _);

    private SessionRecord? KnownOf(SessionRecord session) => _sessions.FirstOrDefault(known => known.Device == session.Device);

    /// <param name="session">Which.</param>
    /// <param name="isNew">It begins, and is not said again.</param>
    private bool TryTakePlace(SessionRecord session, bool isNew)
    {
        var known = KnownOf(session);
        var goesOn = isNew && known is not null && session.GoesOnFrom(known);
        ISessionPost? older = null;
        if (known is not null && known.Address != session.Address && directory.TryFind(known.Address, user, out older)
            && !goesOn && known.Connection.Value >= session.Connection.Value)
        {
            // Equal numbers are never made by an honest device but for one that polls; the one that was here first is left alone.
            return false;
        }

        // First this: the older one may be gone at once, and whoever posts meanwhile must not find nobody.
        _sessions = known is null ? [.. _sessions, session] : [.. _sessions.Select(one => one == known ? session : one)];
        if (goesOn)
        {
            older?.GiveWay();
        }
        else
        {
            older?.Supersede();
        }

        return true;
    }
}

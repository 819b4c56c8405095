using Hexagram.Server.Options;
using Orleans;

namespace Hexagram.Server.Router;

/// <inheritdoc cref="IUserRouterGrain"/>
/// <remarks>
/// Orleans runs one call at a time, and none of them waits for anything. Whoever writes to many users makes one of these for each. So that they
/// cost bounded memory, those without sessions go at once when there are many, and soon when there are few; those with sessions stay for some
/// heartbeats, each of which says the sessions again, however long a heartbeat is set to.
/// </remarks>
[CollectionAgeLimit(Minutes = CollectionMinutes)]
internal sealed class UserRouterGrain(SessionDirectory directory, ServerOptions options) : Grain, IUserRouterGrain
{
    /// <summary>So many without sessions stay in memory, for the next message to the same user.</summary>
    internal const int WithoutSessionsMax = 10_000;

    private const double CollectionMinutes = 2;

    /// <summary>One may be lost, and the next may be late.</summary>
    private const int HeartbeatsToStay = 3;

    // A user has a handful of devices, and a bound of sessions: a list is the right table.
    private readonly List<SessionRecord> _sessions = [];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        directory.CountRouter(1);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        directory.CountRouter(-1);
        return Task.CompletedTask;
    }

    public ValueTask<RegisterOutcome> RegisterAsync(SessionRecord session)
    {
        if (IsOneTooMany(session))
        {
            return new(RegisterOutcome.TooManySessions);
        }

        var registered = Register(session);
        Stay();
        return new(registered ? RegisterOutcome.Registered : RegisterOutcome.Superseded);
    }

    public ValueTask UnregisterAsync(SessionAddress session)
    {
        _sessions.RemoveAll(known => known.Address == session);
        if (_sessions.Count == 0)
        {
            DeactivateOnIdle();
        }

        return default;
    }

    public ValueTask KeepAsync(IReadOnlyList<SessionRecord> sessions)
    {
        foreach (var session in sessions)
        {
            if (directory.TryFind(session.Address, out var post) && !Register(session))
            {
                post.Supersede();
            }
        }

        Stay();
        return default;
    }

    public ValueTask<bool> PostAsync(UserPost post)
    {
        var receiving = false;
        for (var i = _sessions.Count - 1; i >= 0; i--)
        {
            var known = _sessions[i];
            if (!directory.TryFind(known.Address, out var session))
            {
                // It ended, and the word of that was lost.
                _sessions.RemoveAt(i);
                continue;
            }

            receiving |= known.Receiving;
            if (known.Receiving && post.Entries.Count > 0)
            {
                session.Notify(post.Entries);
            }

            if (post.Reports.Count > 0)
            {
                session.Report(post.Reports);
            }
        }

        if (_sessions.Count == 0 && directory.Routers - directory.Count > WithoutSessionsMax)
        {
            DeactivateOnIdle();
        }

        return new(receiving);
    }

    /// <summary>A quiet user is online all the same. A node that has died keeps this in memory for that long at the most.</summary>
    private void Stay()
    {
        if (_sessions.Count > 0)
        {
            DelayDeactivation(options.Router.Heartbeat * HeartbeatsToStay);
        }
    }

    private bool IsOneTooMany(SessionRecord session)
    {
        var max = options.Bounds.SessionsPerUserMax;
        if (_sessions.Count < max || _sessions.Exists(known => known.Device == session.Device))
        {
            return false;
        }

        // Of some the end may have been lost on its way here.
        _sessions.RemoveAll(known => !directory.TryFind(known.Address, out _));
        return _sessions.Count >= max;
    }

    private bool Register(SessionRecord session)
    {
        var place = _sessions.FindIndex(known => known.Device == session.Device);
        if (place < 0)
        {
            _sessions.Add(session);
            return true;
        }

        var known = _sessions[place];
        if (known.Address != session.Address && directory.TryFind(known.Address, out var older))
        {
            // Equal numbers are never made by an honest device; the one that was here first is left alone.
            if (known.Connection.Value >= session.Connection.Value)
            {
                return false;
            }

            older.Supersede();
        }

        _sessions[place] = session;
        return true;
    }
}

using Hexagram.Protocol;
using Hexagram.Server.Options;
using Orleans;

namespace Hexagram.Server.Router;

/// <inheritdoc cref="IUserRouterGrain"/>
/// <remarks>
/// Orleans runs one call at a time, and none of them waits for anything. While it is in memory, its node's <see cref="UserRoutes"/> post to its sessions
/// without calling it. Whoever writes to many users makes one of these for each. So that they
/// cost bounded memory, those without sessions go at once when there are many, and soon when there are few; those with sessions stay for some
/// heartbeats, each of which says the sessions again, however long a heartbeat is set to.
/// </remarks>
[CollectionAgeLimit(Minutes = CollectionMinutes)]
internal sealed class UserRouterGrain(SessionDirectory directory, UserRoutes routes, ServerOptions options) : Grain, IUserRouterGrain
{
    /// <summary>So many without sessions stay in memory, for the next message to the same user.</summary>
    internal const int WithoutSessionsMax = 10_000;

    private const double CollectionMinutes = 2;

    /// <summary>One may be lost, and the next may be late.</summary>
    private const int HeartbeatsToStay = 3;

    private readonly LiveSessions _sessions = new(directory, options);
    private UserId _user;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _user = new(this.GetPrimaryKeyString());
        routes.Publish(_user, _sessions);
        directory.CountRouter(1);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        routes.Withdraw(_user, _sessions);
        directory.CountRouter(-1);
        return Task.CompletedTask;
    }

    public ValueTask<RegisterOutcome> RegisterAsync(SessionRecord session)
    {
        var outcome = _sessions.Register(session);
        Stay();
        return new(outcome);
    }

    public ValueTask UnregisterAsync(SessionAddress session)
    {
        _sessions.Unregister(session);
        if (!_sessions.Any)
        {
            DeactivateOnIdle();
        }

        return default;
    }

    public ValueTask KeepAsync(IReadOnlyList<SessionRecord> sessions)
    {
        _sessions.Keep(sessions);
        Stay();
        return default;
    }

    public ValueTask<bool> PostAsync(UserPost post)
    {
        var receiving = _sessions.Post(post.Entries, post.Reports);
        if (!_sessions.Any && directory.Routers - directory.Count > WithoutSessionsMax)
        {
            DeactivateOnIdle();
        }

        return new(receiving);
    }

    /// <summary>A quiet user is online all the same. A node that has died keeps this in memory for that long at the most.</summary>
    private void Stay()
    {
        if (_sessions.Any)
        {
            DelayDeactivation(options.Router.Heartbeat * HeartbeatsToStay);
        }
    }
}

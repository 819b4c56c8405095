using Hexagram.Protocol;
using Hexagram.Server.Options;
using Orleans;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Hexagram.Server.Router;

/// <inheritdoc cref="IUserRouterGrain"/>
/// <remarks>
/// Orleans runs one call at a time, and none of them waits for anything. While it is in memory, its node's <see cref="UserRoutes"/> post to its sessions
/// without calling it. Whoever writes to many users makes one of these for each. So that they
/// cost bounded memory, those without sessions go at once when there are many, and soon when there are few; those with sessions stay for some
/// heartbeats, each of which says the sessions again, however long a heartbeat is set to. It comes into memory where it is asked for, and moves after the
/// user's sessions, so that what arrives for them crosses between nodes once at the most.
/// </remarks>
[PreferLocalPlacement]
[CollectionAgeLimit(Minutes = CollectionMinutes)]
internal sealed class UserRouterGrain(SessionDirectory directory, UserRoutes routes, ServerOptions options) : Grain, IUserRouterGrain, IGrainMigrationParticipant
{
    /// <summary>So many without sessions stay in memory, for the next message to the same user.</summary>
    internal const int WithoutSessionsMax = 10_000;

    private const double CollectionMinutes = 2;

    /// <summary>One may be lost, and the next may be late.</summary>
    private const int HeartbeatsToStay = 3;

    /// <summary>What moves is called this.</summary>
    private const string Luggage = "sessions";

    private LiveSessions _sessions = null!;

    public void OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(Luggage, _sessions.All.ToArray());

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<SessionRecord[]>(Luggage, out var sessions) && sessions is not null)
        {
            _sessions = Known(sessions);
        }
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _sessions ??= Known([]);
        routes.Publish(User, _sessions);
        directory.CountRouter(1);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        routes.Withdraw(User, _sessions);
        directory.CountRouter(-1);
        return Task.CompletedTask;
    }

    public ValueTask<RegisterOutcome> RegisterAsync(SessionRecord session)
    {
        var outcome = _sessions.Register(session);
        Stay();
        Follow();
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
        Follow();
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

    private UserId User => new(this.GetPrimaryKeyString());

    private LiveSessions Known(IReadOnlyList<SessionRecord> sessions) => new(User, directory, options) { All = sessions };

    /// <summary>Moves to where the user's sessions are when none is here.</summary>
    private void Follow()
    {
        if (_sessions.Elsewhere is { } node)
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(node));
            MigrateOnIdle();
        }
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

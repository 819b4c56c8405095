using System.Collections.Concurrent;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;
using Orleans;

namespace Hexagram.Server.Router;

/// <summary>This node's way to the grains of all users. Thread-safe; nothing here waits for a grain but <see cref="RegisterAsync"/>.</summary>
internal sealed partial class UserRoutes(IGrainFactory grains, ILogger<UserRoutes> logger)
{
    private readonly ConcurrentDictionary<UserId, UserRoute> _routes = new();

    /// <summary>Routes in use at the moment.</summary>
    public int Count => _routes.Count;

    /// <summary>A session begins; see <see cref="IUserRouterGrain.RegisterAsync"/>.</summary>
    public ValueTask<RegisterOutcome> RegisterAsync(UserId user, SessionRecord session) => Grain(user).RegisterAsync(session);

    /// <summary>A session has ended.</summary>
    public void Unregister(UserId user, SessionAddress session) => Forget(Grain(user).UnregisterAsync(session));

    /// <summary>The sessions of <paramref name="user"/> on this node, said again.</summary>
    public void Keep(UserId user, IReadOnlyList<SessionRecord> sessions) => Forget(Grain(user).KeepAsync(sessions));

    /// <summary>There is a durable entry for <paramref name="to"/>. <paramref name="sender"/> hears if nobody is there to receive it.</summary>
    public void Arrived(UserId to, EntryHint entry, IStoredListener sender)
    {
        while (!Route(to).TryAdd(entry, sender))
        {
            // The route has just been given up; the next one is new.
        }
    }

    /// <summary>A device has confirmed messages of <paramref name="sender"/>.</summary>
    public void Report(UserId sender, DeliveryReport report)
    {
        while (!Route(sender).TryAdd(report))
        {
            // As above.
        }
    }

    internal IUserRouterGrain Grain(UserId user) => grains.GetGrain<IUserRouterGrain>(user.Value);

    internal void GiveUp(UserRoute route) => _routes.TryRemove(new KeyValuePair<UserId, UserRoute>(route.User, route));

    internal void Lost(UserId user, Exception fault) => LogHintsLost(logger, user, fault);

    private UserRoute Route(UserId user) => _routes.GetOrAdd(user, static (user, routes) => new UserRoute(user, routes), this);

    private async void Forget(ValueTask call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            LogCallLost(logger, fault);
        }
    }
}

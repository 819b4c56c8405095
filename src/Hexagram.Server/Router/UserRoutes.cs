using System.Collections.Concurrent;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Hexagram.Server.Router;

/// <summary>This node's way to the grains of all users. Thread-safe; nothing here waits for a grain but <see cref="RegisterAsync"/>.</summary>
internal sealed partial class UserRoutes(IGrainFactory grains, ILogger<UserRoutes> logger)
{
    /// <summary>Bytes of hints and reports that all routes together may hold for routers that are not here, each counted as its content and <see cref="HintBytes"/>. What is beyond is dropped: the heartbeat makes it good.</summary>
    internal const long HeldBytesMax = 256 << 20;

    /// <summary>What a hint or a report costs beside its content.</summary>
    internal const int HintBytes = 256;

    private readonly ConcurrentDictionary<UserId, UserRoute> _routes = new();
    private long _heldBytes;

    /// <summary>Routes by which something is being brought at the moment.</summary>
    public int Posting => _routes.Values.Count(route => route.IsPosting);

    /// <summary>Routes in memory: those in use, and those of users whose router is on this node.</summary>
    public int Count => _routes.Count;

    /// <summary>A session begins; see <see cref="IUserRouterGrain.RegisterAsync"/>.</summary>
    /// <exception cref="RouterUnavailableException">The router is on a node that does not answer, and that has not been given up yet.</exception>
    public async ValueTask<RegisterOutcome> RegisterAsync(UserId user, SessionRecord session)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await Grain(user).RegisterAsync(session).ConfigureAwait(false);
            }
            catch (OrleansException fault) when (isFirst)
            {
                // The router was leaving memory while the call was on its way; the next one finds it anew. Said twice, it is registered once.
                LogCallLost(logger, fault);
            }
            catch (Exception fault) when (fault is OrleansException or TimeoutException)
            {
                throw new RouterUnavailableException(fault);
            }
        }
    }

    /// <summary>A session has ended.</summary>
    public void Unregister(UserId user, SessionAddress session) => Forget(Grain(user).UnregisterAsync(session));

    /// <summary>The sessions of <paramref name="user"/> on this node, said again.</summary>
    public void Keep(UserId user, IReadOnlyList<SessionRecord> sessions) => Forget(Grain(user).KeepAsync(sessions));

    /// <summary>There are durable entries for <paramref name="to"/>. <paramref name="sender"/> hears if nobody is there to receive them.</summary>
    public void Arrived(UserId to, ReadOnlySpan<EntryHint> entries, IStoredListener sender)
    {
        while (!Route(to).TryAdd(entries, sender))
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

    /// <summary>The router of <paramref name="user"/> has come to this node: from now on its sessions are posted to without a call.</summary>
    internal void Publish(UserId user, LiveSessions sessions)
    {
        while (!Route(user).TryPublish(sessions))
        {
            // As above.
        }
    }

    /// <summary>The router of <paramref name="user"/> leaves this node.</summary>
    internal void Withdraw(UserId user, LiveSessions sessions)
    {
        if (_routes.TryGetValue(user, out var route))
        {
            route.Withdraw(sessions);
        }
    }

    internal IUserRouterGrain Grain(UserId user) => grains.GetGrain<IUserRouterGrain>(user.Value);

    /// <summary>Takes room for a hint or a report; false when there is none.</summary>
    internal bool TryHold(int bytes)
    {
        if (Interlocked.Add(ref _heldBytes, bytes) <= HeldBytesMax)
        {
            return true;
        }

        LetGo(bytes);
        return false;
    }

    /// <summary>Gives room back.</summary>
    internal void LetGo(long bytes)
    {
        if (bytes > 0)
        {
            Interlocked.Add(ref _heldBytes, -bytes);
        }
    }

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

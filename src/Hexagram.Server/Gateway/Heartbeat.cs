using Hexagram.Server.Cluster;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Gateway;

/// <summary>
/// Makes good what hints have lost: once per heartbeat the positions of all live receiving sessions are compared with the store, in one
/// batched read, and the router is told again which sessions there are. At once when a node has gone: with it went hints, and routers that knew sessions.
/// </summary>
internal sealed partial class Heartbeat(
    SessionRegistry registry,
    IMailboxStore store,
    UserRoutes routes,
    SessionDirectory directory,
    ServerOptions options,
    ServerClock clock,
    ILogger<Heartbeat> logger,
    OtherNodes? others = null) : BackgroundService
{
    private readonly SemaphoreSlim _asked = new(0);

    // From the moment of its making, whenever the loop begins.
    private readonly PeriodicTimer _timer = new(options.Router.Heartbeat, clock.Time);

    public override void Dispose()
    {
        if (others is not null)
        {
            others.Gone -= Ask;
        }

        _timer.Dispose();
        _asked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (others is not null)
        {
            others.Gone += Ask;
        }

        var (tick, asked) = (TickAsync(stoppingToken), AskedAsync(stoppingToken));
        while (await (await Task.WhenAny(tick, asked).ConfigureAwait(false)).ConfigureAwait(false))
        {
            (tick, asked) = (tick.IsCompleted ? TickAsync(stoppingToken) : tick, asked.IsCompleted ? AskedAsync(stoppingToken) : asked);
            try
            {
                await BeatAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotCompared(logger, fault);
            }
        }
    }

    /// <summary>One beat.</summary>
    internal async Task BeatAsync(CancellationToken cancellationToken)
    {
        var users = registry.Sessions
            .Select(session => (Session: session, session.Open))
            // What only sends messages is not known to the router, and what is ending no longer is.
            .Where(session => session.Open is not null && directory.Holds(session.Open.Record.Address))
            .GroupBy(session => session.Open!.User)
            .ToList();
        foreach (var user in users)
        {
            routes.Keep(user.Key, [.. user.Select(session => session.Open!.Record)]);
        }

        var receiving = users.Where(user => user.Any(session => session.Open!.IsReceiving)).ToList();
        if (receiving.Count == 0)
        {
            return;
        }

        var positions = await store.PositionsAsync([.. receiving.Select(user => user.Key)], cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < receiving.Count; i++)
        {
            foreach (var (session, _) in receiving[i])
            {
                session.Compare(positions[i].Last);
            }
        }
    }

    private void Ask() => _asked.Release();

    private Task<bool> TickAsync(CancellationToken cancellationToken) => _timer.WaitForNextTickAsync(cancellationToken).AsTask();

    private async Task<bool> AskedAsync(CancellationToken cancellationToken)
    {
        await _asked.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}

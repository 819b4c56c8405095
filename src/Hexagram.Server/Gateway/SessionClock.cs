using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Gateway;

/// <summary>One timer for all sessions of the node: half-open peers, tokens that expire, writes that do not get on, leases that run out.</summary>
internal sealed class SessionClock(SessionRegistry registry, PollLeases leases, ServerOptions options, ServerClock clock) : BackgroundService
{
    /// <summary>How exact a session's clocks are.</summary>
    internal static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    // From the moment of its making, whenever the loop begins.
    private readonly PeriodicTimer _timer = new(TickEvery, clock.Time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    /// <summary>A defect in one session must not stop the clock of the others.</summary>
    private static void Tick(Session session, DateTimeOffset now)
    {
        try
        {
            session.Tick(now);
        }
        catch (Exception fault)
        {
            session.Broken(fault);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            registry.TurnAwayArrivedBefore(clock.Time.GetTimestamp() - (long)(options.Times.HelloTimeout.TotalSeconds * clock.Time.TimestampFrequency));
            var now = clock.Time.GetUtcNow();
            foreach (var session in registry.Sessions)
            {
                Tick(session, now);
            }

            leases.Tick();
        }
    }
}

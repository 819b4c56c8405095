using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Gateway;

/// <summary>One timer for all sessions of the node: half-open peers, tokens that expire, writes that do not get on.</summary>
internal sealed class SessionClock(SessionRegistry registry, TimeProvider time) : BackgroundService
{
    /// <summary>How exact a session's clocks are.</summary>
    internal static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TickEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var now = time.GetUtcNow();
            foreach (var session in registry.Sessions)
            {
                session.Tick(now);
            }
        }
    }
}

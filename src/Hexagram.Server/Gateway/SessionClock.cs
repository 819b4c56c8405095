using Hexagram.Server.Hosting;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Gateway;

/// <summary>One timer for all sessions of the node: half-open peers, tokens that expire, writes that do not get on.</summary>
internal sealed class SessionClock(SessionRegistry registry, ServerClock clock) : BackgroundService
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var now = clock.Time.GetUtcNow();
            foreach (var session in registry.Sessions)
            {
                session.Tick(now);
            }
        }
    }
}

using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Upkeep;

/// <summary>Asks the store now and then to forget what its policy allows. The store takes it in small pieces, so that appends go on in between.</summary>
internal sealed partial class Forgetting(IMailboxStore store, ServerOptions options, ServerClock clock, ILogger<Forgetting> logger) : BackgroundService
{
    // From the moment of its making, whenever the loop begins.
    private readonly PeriodicTimer _timer = new(options.ForgetEvery, clock.Time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                var report = await store.ForgetAsync(clock.Time.GetUtcNow(), stoppingToken).ConfigureAwait(false);
                LogForgotten(logger, report.Entries, report.MessageIds);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotForgotten(logger, fault);
            }
        }
    }
}

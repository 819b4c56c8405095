using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Gateway;

/// <summary>
/// The graceful stop: as soon as the application is asked to stop, every session finishes what is under way and says Goodbye. That is
/// waited for before Kestrel, the router and the store are stopped.
/// </summary>
internal sealed class GatewayStop(SessionRegistry registry, IHostApplicationLifetime lifetime, ServerOptions options, ServerClock clock) : IHostedLifecycleService, IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenRegistration _registration;
    private Task? _drained;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // A signal comes this way; a host that is stopped by a call goes through StoppingAsync first.
        _registration = lifetime.ApplicationStopping.Register(() => DrainAsync());
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(DrainAsync(), Task.Delay(Timeout.Infinite, cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration.Dispose();

    private Task DrainAsync()
    {
        lock (_gate)
        {
            return _drained ??= registry.DrainAsync(options.Times.DrainMax, clock.Time);
        }
    }
}

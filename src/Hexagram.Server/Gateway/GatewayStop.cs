using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Server.Gateway;

/// <summary>
/// The graceful stop: as soon as the application is asked to stop, every session finishes what is under way and says Goodbye. It is
/// waited for before the router and the store are stopped.
/// </summary>
internal sealed class GatewayStop(SessionRegistry registry, IHostApplicationLifetime lifetime, ServerOptions options, ServerClock clock) : IHostedLifecycleService, IDisposable
{
    private CancellationTokenRegistration _registration;
    private Task _drained = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _registration = lifetime.ApplicationStopping.Register(() => _drained = registry.DrainAsync(options.Times.DrainMax, clock.Time));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => _drained.WaitAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registration.Dispose();
}

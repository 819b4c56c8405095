using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hexagram.Client.Hosting;

/// <summary>
/// Opens a client with its application and closes it with it. The store is open before the first service starts, so that each can send; the handler runs only while
/// all of them do; the client is closed when the last has stopped, so that each can send until its end. The network is never waited for.
/// </summary>
internal sealed class ClientLifetime(IServiceProvider services, object? key, string name) : IHostedLifecycleService
{
    private HexagramClient? _client;

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        _client = await Task.Run(() => services.GetRequiredKeyedService<HexagramClient>(key), cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        services.GetServices<HandlerRegistration>().FirstOrDefault(handler => handler.Name == name)
            ?.Begin(_client!, services.GetRequiredService<IServiceScopeFactory>());
        return Task.CompletedTask;
    }

    /// <summary>Waits for the handler, whose token is cancelled, but not beyond the patience of the host.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        _client is { } client ? client.StopHandlingAsync().WaitAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) =>
        _client is { } client ? client.DisposeAsync().AsTask().WaitAsync(cancellationToken) : Task.CompletedTask;
}

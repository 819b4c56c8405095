using System.Net;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Hosting;

/// <summary>Says where the server can be reached from, as soon as it can be.</summary>
internal sealed partial class ListenerAnnouncement(ListenerAddresses addresses, ServerOptions options, ILogger<ListenerAnnouncement> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Listen.AllowRemote && !IPAddress.IsLoopback(addresses.Tcp.Address))
        {
            LogRemote(logger, addresses.Tcp, addresses.Http);
        }
        else
        {
            LogLoopback(logger, addresses.Tcp, addresses.Http);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

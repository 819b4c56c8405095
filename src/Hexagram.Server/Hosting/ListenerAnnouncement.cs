using Hexagram.Server.Authentication;
using Hexagram.Server.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Hosting;

/// <summary>Says where the server can be reached from, as soon as it can be, and who could get in that should not.</summary>
internal sealed partial class ListenerAnnouncement(
    ListenerAddresses addresses,
    ServerOptions options,
    ITokenAuthenticator authenticator,
    ILogger<ListenerAnnouncement> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!addresses.IsListening)
        {
            // The application listens, and says so itself.
        }
        else if (addresses.AreRemote && options.Tls.IsOn)
        {
            LogEncrypted(logger, addresses.Tcp, addresses.Http);
        }
        else if (addresses.AreRemote)
        {
            LogRemote(logger, addresses.Tcp, addresses.Http);
        }
        else
        {
            LogLoopback(logger, addresses.Tcp, addresses.Http);
        }

        if (authenticator is TokenAuthenticator { Key: { ReadableByOthers: true } key })
        {
            LogKeyReadable(logger, key.Path);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.Floor;

/// <summary>
/// Moves the same six packets of the same bytes over the same transport as the server, and does nothing else: no store, no authentication (the token
/// is the user), no limits, no resending. What a server costs beyond this is what its promises cost.
/// </summary>
public static class FloorServer
{
    /// <summary>Runs it on a free port of 127.0.0.1.</summary>
    /// <param name="ready">Is told where it listens.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task RunAsync(Action<IPEndPoint> ready, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(ready);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new Relay());
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.MaxReadBufferSize = 256 << 10;

            // As the server has it.
            sockets.UnsafePreferInlineScheduling = true;

            // Flushing then never waits; what may be under way is bounded by who loads it.
            sockets.MaxWriteBufferSize = 0;
        });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<RelayHandler>()));
        await using var application = builder.Build();
        await application.StartAsync(stop).ConfigureAwait(false);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        ready(new IPEndPoint(IPAddress.Loopback, new Uri(address).Port));
        await application.WaitForShutdownAsync(stop).ConfigureAwait(false);
    }
}

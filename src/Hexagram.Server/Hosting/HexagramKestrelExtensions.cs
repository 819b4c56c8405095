using Hexagram.Server.Gateway.Tcp;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Hosting;

/// <summary>Lets Kestrel listen for Hexagram.</summary>
public static class HexagramKestrelExtensions
{
    /// <summary>Listens on the addresses of <see cref="Options.ListenerOptions"/>: the binary protocol on one, HTTP on the other.</summary>
    public static void ListenHexagram(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.ApplicationServices.GetRequiredService<ListenerAddresses>()
            .ListenOn(kestrel, listen => listen.UseConnectionHandler<TcpConnectionHandler>());
    }
}

using System.Net;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using KestrelListen = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Hexagram.Server.Hosting;

/// <summary>Where the server listens. Once it has started, a port 0 has become the one that the system chose.</summary>
internal sealed class ListenerAddresses(ServerOptions options)
{
    private KestrelListen? _tcp;
    private KestrelListen? _http;

    /// <summary>The server has listeners of its own; in an application it may have none.</summary>
    public bool IsListening => _tcp is not null;

    /// <summary>Other machines can reach one of them.</summary>
    public bool AreRemote => !IPAddress.IsLoopback(Tcp.Address) || (Http is { } http && !IPAddress.IsLoopback(http.Address));

    public IPEndPoint Tcp => _tcp?.IPEndPoint ?? options.Listen.Tcp;

    public IPEndPoint? Http => _http?.IPEndPoint ?? options.Listen.Http;

    /// <summary>Kestrel writes the chosen port into its own options, so those are kept.</summary>
    public void ListenOn(KestrelServerOptions kestrel, Action<KestrelListen> onTcp, Action<KestrelListen> onHttp)
    {
        kestrel.Listen(options.Listen.Tcp, listen =>
        {
            _tcp = listen;
            onTcp(listen);
        });
        if (options.Listen.Http is { } http)
        {
            kestrel.Listen(http, listen =>
            {
                _http = listen;
                onHttp(listen);
            });
        }
    }
}

using Hexagram.Server.Gateway.Tcp;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Hosting;

/// <summary>Lets Kestrel listen for Hexagram.</summary>
public static class HexagramKestrelExtensions
{
    /// <summary>Listens on the addresses of <see cref="Options.ListenerOptions"/>: the binary protocol on one, HTTP on the other, both with TLS if there is a certificate.</summary>
    public static void ListenHexagram(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        var services = kestrel.ApplicationServices;
        var certificate = services.GetRequiredService<ServerCertificate>();
        kestrel.Limits.RequestHeadersTimeout = services.GetRequiredService<ServerOptions>().Times.HelloTimeout;
        services.GetRequiredService<ListenerAddresses>().ListenOn(
            kestrel,
            listen =>
            {
                Encrypt(listen, certificate);
                listen.UseConnectionHandler<TcpConnectionHandler>();
            },
            listen => Encrypt(listen, certificate));
    }

    private static void Encrypt(ListenOptions listen, ServerCertificate certificate)
    {
        if (certificate.IsSet)
        {
            // What cannot be used is told before anything listens.
            _ = certificate.Current();
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.Current()) });
        }
    }
}

using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway;
using Hexagram.Server.Gateway.Tcp;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hexagram.Server.Hosting;

/// <summary>Lets Kestrel listen for Hexagram.</summary>
public static class HexagramKestrelExtensions
{
    /// <summary>How long a handshake may take, the server says with its own clock; Kestrel knows no "for ever".</summary>
    private static readonly TimeSpan HandshakeMax = TimeSpan.FromHours(1);

    /// <summary>Listens on the addresses of <see cref="Options.ListenerOptions"/>: the binary protocol on one, HTTP on the other, both with TLS if there is a certificate.</summary>
    /// <exception cref="OptionsValidationException">Nobody could connect there: nothing says which tokens are valid.</exception>
    public static void ListenHexagram(this KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        var services = kestrel.ApplicationServices;
        if (services.GetRequiredService<ITokenAuthenticator>() is TokenAuthenticator { TakesNone: true })
        {
            // Over TCP a token is the only way in.
            throw new OptionsValidationException(
                nameof(ServerOptions),
                typeof(ServerOptions),
                ["Nobody could connect: set Access.SigningKeyFile, Access.Tokens.PublicKeyFile or Access.Tokens.KeySetUrl, or register an ITokenAuthenticator."]);
        }

        var certificate = services.GetRequiredService<ServerCertificate>();
        var arrivals = services.GetRequiredService<Arrivals>();
        kestrel.Limits.RequestHeadersTimeout = services.GetRequiredService<ServerOptions>().Times.HelloTimeout;
        services.GetRequiredService<ListenerAddresses>().ListenOn(
            kestrel,
            listen =>
            {
                // Without TLS it is a session at once.
                Encrypt(listen, certificate, arrivals);
                listen.UseConnectionHandler<TcpConnectionHandler>();
            },
            listen =>
            {
                listen.Use(arrivals.Count);
                Encrypt(listen, certificate, null);
            });
    }

    private static void Encrypt(ListenOptions listen, ServerCertificate certificate, Arrivals? arrivals)
    {
        if (certificate.IsSet)
        {
            if (arrivals is not null)
            {
                listen.Use(arrivals.Count);
            }

            // What cannot be used is told before anything listens.
            _ = certificate.Current();
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => new(certificate.Current()),

                HandshakeTimeout = HandshakeMax,
            });
        }
    }
}

using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Hexagram.Client.Connections.Polling;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Client.Connections;

/// <summary>Makes a connection to the server in the way that its address names.</summary>
internal static class Dialer
{
    /// <summary>Where a server speaks WebSocket when its address does not say (PROTOCOL §3.4).</summary>
    private const string WebSocketPath = "/v1/ws";

    /// <summary>The same for long polling (PROTOCOL §14).</summary>
    private const string PollingPath = "/v1/";

    /// <summary>Connects.</summary>
    /// <exception cref="Exception">What <see cref="IsFailure"/> knows: there is no connection.</exception>
    internal static Task<IPacketTransport> DialAsync(HexagramClientOptions options, CancellationToken cancellationToken) => options.Server.Scheme switch
    {
        "ws" or "wss" => DialWebSocketAsync(options, cancellationToken),
        "http" or "https" => Task.FromResult<IPacketTransport>(Poll(options)),
        _ => DialStreamAsync(options, cancellationToken),
    };

    /// <summary>What it looks like when a server cannot be reached, or is not who it should be.</summary>
    internal static bool IsFailure(Exception cause) =>
        cause is SocketException or WebSocketException or IOException or System.Security.Authentication.AuthenticationException;

    private static async Task<IPacketTransport> DialStreamAsync(HexagramClientOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(options.Server.IdnHost, options.Server.Port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Server.Scheme == "tcps")
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(Tls(options), cancellationToken);
            }

            return new StreamTransport(stream);
        }
        catch
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw;
        }
    }

    private static async Task<IPacketTransport> DialWebSocketAsync(HexagramClientOptions options, CancellationToken cancellationToken)
    {
        var form = options.Form == PacketForm.Json ? MessageForm.Json : MessageForm.Binary;
        var address = options.Server.AbsolutePath == "/" ? new Uri(options.Server, WebSocketPath) : options.Server;
        var socket = new ClientWebSocket();
        HttpMessageInvoker? http = null;
        try
        {
            socket.Options.AddSubProtocol(form.Subprotocol);

            // The protocol has a heartbeat of its own, which both ends know.
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            if (options.TrustedAuthorities is not null)
            {
                http = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = Tls(options), UseCookies = false });
            }

            await socket.ConnectAsync(address, http, cancellationToken);
            if (socket.SubProtocol != form.Subprotocol)
            {
                // It speaks something else, and must not get the token.
                throw new WebSocketException(WebSocketError.UnsupportedProtocol, $"the server does not speak {form.Subprotocol}");
            }

            return new WebSocketTransport(socket, form, http);
        }
        catch
        {
            socket.Dispose();
            http?.Dispose();
            throw;
        }
    }

    /// <summary>Nothing is asked yet: the first poll is the connection.</summary>
    private static PollingTransport Poll(HexagramClientOptions options)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = options.ConnectTimeout, AllowAutoRedirect = false, UseCookies = false };
        if (options.TrustedAuthorities is not null)
        {
            handler.SslOptions = Tls(options);
        }

        var path = options.Server.AbsolutePath == "/" ? PollingPath : $"{options.Server.AbsolutePath.TrimEnd('/')}/";
        return new PollingTransport(new PollingHttp(new HttpMessageInvoker(handler), new Uri(options.Server, path)), options.TimeProvider);
    }

    /// <summary>The server's certificate is always checked: its name, its time, and who has signed it.</summary>
    private static SslClientAuthenticationOptions Tls(HexagramClientOptions options)
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = options.Server.IdnHost };
        if (options.TrustedAuthorities is { } authorities)
        {
            // Whom a private authority has revoked, it mostly does not publish.
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return tls;
    }
}

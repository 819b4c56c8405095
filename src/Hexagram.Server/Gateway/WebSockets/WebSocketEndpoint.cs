using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>The opening handshake (RFC 6455 §4, RFC 8441 on HTTP/2), then one session for each connection.</summary>
internal sealed class WebSocketEndpoint(SessionSurroundings surroundings, PageRules pages, HttpUser user)
{
    private const string Version = "13";
    private const int KeyBytes = 16;

    /// <summary>Completes when the session has ended, or the request was refused.</summary>
    public async Task AcceptAsync(HttpContext context)
    {
        if (pages.RefusalOfSession(context) is { } refusal)
        {
            await PageRules.RefuseAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        var connect = context.Features.Get<IHttpExtendedConnectFeature>();
        var isConnect = connect is { IsExtendedConnect: true, Protocol: "websocket" };
        if (!isConnect && !(upgrade is { IsUpgradableRequest: true } && Names(context.Request.Headers.Upgrade, "websocket")))
        {
            context.Response.Headers.Upgrade = "websocket";
            await PlainAnswer.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "This is a WebSocket endpoint; ask for an upgrade.").ConfigureAwait(false);
            return;
        }

        if (context.Request.Headers.SecWebSocketVersion != Version)
        {
            context.Response.Headers.SecWebSocketVersion = Version;
            await PlainAnswer.WriteAsync(context, StatusCodes.Status426UpgradeRequired, $"WebSocket version {Version} is spoken here, and no other.").ConfigureAwait(false);
            return;
        }

        if (MessageForm.All.FirstOrDefault(form => Names(context.Request.Headers.SecWebSocketProtocol, form.Subprotocol)) is not { } form)
        {
            var offered = string.Join(" and ", MessageForm.All.Select(form => form.Subprotocol));
            await PlainAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, $"The subprotocols here are {offered}; ask for one of them.").ConfigureAwait(false);
            return;
        }

        if (!isConnect)
        {
            if (!TryAnswer(context.Request.Headers.SecWebSocketKey, out var answer))
            {
                await PlainAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is not 16 bytes in base64.").ConfigureAwait(false);
                return;
            }

            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketAccept = answer;
        }

        // Of the request, which is over when it has become a connection.
        var identity = user.Of(context);
        context.Response.Headers.SecWebSocketProtocol = form.Subprotocol;
        var connection = isConnect
            ? await UpgradedConnection.AcceptAsync(context, connect!).ConfigureAwait(false)
            : await UpgradedConnection.AcceptAsync(context, upgrade!).ConfigureAwait(false);
        await new Session(surroundings, new WebSocketTransport(connection, form, surroundings.Time), identity).RunAsync().ConfigureAwait(false);
    }

    /// <summary>Whether a list of names, in as many headers as one likes, holds one.</summary>
    private static bool Names(StringValues headers, string name)
    {
        foreach (var header in headers)
        {
            foreach (var one in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (one.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The answer that proves that the key was read by somebody who knows of WebSockets (RFC 6455 §4.2.2).</summary>
    private static bool TryAnswer(StringValues key, out string answer)
    {
        answer = "";
        var text = key.ToString();
        if (!Base64.IsValid(text, out var bytes) || bytes != KeyBytes)
        {
            return false;
        }

        // Not for secrecy: the standard names this hash.
#pragma warning disable CA5350
        answer = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes($"{text}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        return true;
    }
}

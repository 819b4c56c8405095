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
        if (pages.RefusalOfSession(context) is { } foreign)
        {
            await PageRules.RefuseAsync(context, foreign).ConfigureAwait(false);
            return;
        }

        var connect = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" } extended ? extended : null;
        var upgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgradable && Names(context.Request.Headers.Upgrade, "websocket") ? upgradable : null;
        var form = MessageForm.All.FirstOrDefault(form => Names(context.Request.Headers.SecWebSocketProtocol, form.Subprotocol));
        var answer = connect is null ? AnswerTo(context.Request.Headers.SecWebSocketKey) : null;
        if (Refusal(context, connect is not null || upgrade is not null, form, connect is not null || answer is not null) is var (status, reason))
        {
            await PlainAnswer.WriteAsync(context, status, reason).ConfigureAwait(false);
            return;
        }

        // Of the request, which is over when it has become a connection.
        var identity = user.Of(context);
        context.Response.Headers.SecWebSocketProtocol = form!.Subprotocol;
        if (connect is null)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketAccept = answer;
        }

        var connection = connect is null
            ? await UpgradedConnection.AcceptAsync(context, upgrade!).ConfigureAwait(false)
            : await UpgradedConnection.AcceptAsync(context, connect).ConfigureAwait(false);
        await new Session(surroundings, new WebSocketTransport(connection, form, surroundings.Time), identity).RunAsync().ConfigureAwait(false);
    }

    /// <summary>What is wrong with a handshake, with the headers that say what would be right; null when nothing is.</summary>
    private static (int Status, string Reason)? Refusal(HttpContext context, bool isWebSocket, MessageForm? form, bool hasKey)
    {
        if (!isWebSocket)
        {
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Upgrade = "websocket";
            }

            return (StatusCodes.Status426UpgradeRequired, "This is a WebSocket endpoint; ask for an upgrade.");
        }

        if (context.Request.Headers.SecWebSocketVersion != Version)
        {
            context.Response.Headers.SecWebSocketVersion = Version;
            return (StatusCodes.Status426UpgradeRequired, $"WebSocket version {Version} is spoken here, and no other.");
        }

        return form is null
            ? (StatusCodes.Status400BadRequest, $"The subprotocols here are {string.Join(" and ", MessageForm.All.Select(form => form.Subprotocol))}; ask for one of them.")
            : hasKey ? null : (StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is not 16 bytes in base64.");
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

    /// <summary>The answer that proves that the key was read by somebody who knows of WebSockets (RFC 6455 §4.2.2); null when it is no key.</summary>
    private static string? AnswerTo(StringValues key)
    {
        var text = key.ToString();
        if (!Base64.IsValid(text, out var bytes) || bytes != KeyBytes)
        {
            return null;
        }

        // Not for secrecy: the standard names this hash.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes($"{text}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}

using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Hexagram.Client.Connections;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>The opening of a WebSocket, with servers that are none of ours.</summary>
public sealed class WebSocketDialTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public WebSocketDialTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("", "hexagram.v1.proto")]
    [InlineData("Sec-WebSocket-Protocol: chat\r\n", "chat")]
    public async Task A_server_that_chooses_another_subprotocol_or_none_gets_no_token(string chosen, string told)
    {
        var heard = AnswerAsync(chosen);
        var options = new HexagramClientOptions
        {
            Server = new Uri($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"),
            Token = "secret",
            Store = ClientStore.InMemory(),
        };

        var fault = await Assert.ThrowsAnyAsync<WebSocketException>(() => Dialer.DialAsync(options, CancellationToken.None).Within());

        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.True(Dialer.IsFailure(fault));
        Assert.DoesNotContain("secret", await heard.Within(), StringComparison.Ordinal);
    }

    /// <summary>Grants the upgrade, and says what came from the first byte to the end.</summary>
    private async Task<string> AnswerAsync(string chosen)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        var heard = new StringBuilder();
        var buffer = new byte[4_096];
        while (!heard.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            heard.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        }

        var key = heard.ToString().Split("Sec-WebSocket-Key: ")[1].Split("\r\n")[0];
#pragma warning disable CA5350 // RFC 6455 names this hash.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes($"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{chosen}\r\n"));
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
            {
                heard.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // It broke off, which is its right.
        }

        return heard.ToString();
    }
}

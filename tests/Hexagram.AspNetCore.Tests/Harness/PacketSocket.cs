using System.Buffers;
using System.Net.WebSockets;
using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.AspNetCore.Tests.Harness;

/// <summary>A client on the framework's own WebSocket, which does exactly what it is told.</summary>
internal sealed class PacketSocket : IDisposable
{
    /// <summary>Longer than anything takes; a test that waits for it has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[256 << 10];
    private readonly MessageForm _form;

    private PacketSocket(MessageForm form, Action<ClientWebSocketOptions>? configure)
    {
        _form = form;
        _socket.Options.AddSubProtocol(form.Subprotocol);
        configure?.Invoke(_socket.Options);
    }

    /// <summary>Connects, with what <paramref name="configure"/> adds to the request.</summary>
    /// <exception cref="WebSocketException">The server refused the request.</exception>
    public static async Task<PacketSocket> ConnectAsync(Uri server, Action<ClientWebSocketOptions>? configure = null, MessageForm? form = null)
    {
        var socket = new PacketSocket(form ?? MessageForm.Binary, configure);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await socket._socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = "/v1/ws" }.Uri, patience.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A Hello of a new inbox. Without a token it is whom the request has authenticated.</summary>
    public static Hello Hello(int window, string token = "", long connection = 1) =>
        new(token, new DeviceId("device"), new ConnectionNumber(connection), Epoch.None, Sequence.None, window, 1 << 20, StreamStart.Oldest, "test/1");

    public async Task SendAsync(Packet packet)
    {
        using var patience = new CancellationTokenSource(Patience);
        var message = new ArrayBufferWriter<byte>();
        _form.Write(packet, message);
        var type = _form.Kind == FrameKind.Text ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        await _socket.SendAsync(message.WrittenMemory[_form.PrefixBytes(message.WrittenSpan)..], type, true, patience.Token);
    }

    /// <summary>The next packet, which must be a <typeparamref name="T"/>.</summary>
    public async Task<T> ReceiveAsync<T>()
        where T : Packet
    {
        using var patience = new CancellationTokenSource(Patience);
        var length = 0;
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(_buffer.AsMemory(length), patience.Token);
            length += received.Count;
        }
        while (!received.EndOfMessage);
        return Assert.IsType<T>(_form.Read(_buffer.AsMemory(0, length)).Packet);
    }

    public async Task<Welcome> HelloAsync(Hello hello)
    {
        await SendAsync(hello);
        return await ReceiveAsync<Welcome>();
    }

    public void Dispose() => _socket.Dispose();
}

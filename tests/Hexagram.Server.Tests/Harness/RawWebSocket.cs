using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.WebSockets;

namespace Hexagram.Server.Tests.Harness;

/// <summary>A WebSocket client that sends exactly the frames that it is told, right or wrong.</summary>
internal sealed class RawWebSocket : IAsyncDisposable
{
    private const uint Mask = 0x5AA5_C33C;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _input;
    private readonly MessageForm _form;

    private RawWebSocket(Socket socket, MessageForm form)
    {
        _form = form;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _input = PipeReader.Create(_stream);
    }

    /// <summary>Opens a connection, and asks for an upgrade that must be granted.</summary>
    public static async Task<RawWebSocket> OpenAsync(IPEndPoint server, MessageForm? form = null)
    {
        var client = await ConnectAsync(server, form);
        var answer = await client.AskAsync(Request(server, client._form.Subprotocol));
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        return client;
    }

    public static async Task<RawWebSocket> ConnectAsync(IPEndPoint server, MessageForm? form = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).WaitAsync(RawClient.Patience);
        return new RawWebSocket(socket, form ?? MessageForm.Binary);
    }

    /// <summary>A request for an upgrade, with more headers and without those that <paramref name="without"/> names.</summary>
    public static string Request(IPEndPoint server, string? subprotocol = null, string? host = null, string[]? more = null, string[]? without = null)
    {
        string[] headers =
        [
            $"Host: {host ?? server.ToString()}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            $"Sec-WebSocket-Protocol: {subprotocol ?? MessageForm.Binary.Subprotocol}",
        ];
        var kept = headers.Where(header => without?.Any(name => header.StartsWith($"{name}:", StringComparison.Ordinal)) != true);
        return $"GET /v1/ws HTTP/1.1\r\n{string.Join("\r\n", kept.Concat(more ?? []))}\r\n\r\n";
    }

    /// <summary>Sends a request and reads the head of the answer.</summary>
    public async Task<string> AskAsync(string request)
    {
        await SendBytesAsync(Encoding.ASCII.GetBytes(request));
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (true)
        {
            var read = await _input.ReadAsync(patience.Token);
            var text = Encoding.ASCII.GetString(read.Buffer);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _input.AdvanceTo(read.Buffer.GetPosition(end + 4));
                return text[..end];
            }

            Assert.False(read.IsCompleted, "The connection ended before an answer.");
            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>What of an answer is still to come.</summary>
    public async Task<string> ReadBodyAsync(int bytes)
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        var read = await _input.ReadAtLeastAsync(bytes, patience.Token);
        var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, bytes));
        _input.AdvanceTo(read.Buffer.GetPosition(bytes));
        return text;
    }

    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(RawClient.Patience);

    /// <summary>One masked frame, whole and final unless told otherwise.</summary>
    public static byte[] Frame(FrameKind kind, ReadOnlySpan<byte> payload, bool final = true)
    {
        var frame = new byte[FrameHeader.BytesMax + payload.Length];
        var headerBytes = FrameHeader.WriteMasked(frame, kind, payload.Length, Mask);
        frame[0] = final ? frame[0] : (byte)(frame[0] & 0x7F);
        payload.CopyTo(frame.AsSpan(headerBytes));
        FrameMask.Apply(frame.AsSpan(headerBytes, payload.Length), Mask);
        return frame[..(headerBytes + payload.Length)];
    }

    /// <summary>A packet as a message.</summary>
    public static byte[] Message(Packet packet, MessageForm? form = null)
    {
        form ??= MessageForm.Binary;
        var buffer = new ArrayBufferWriter<byte>();
        form.Write(packet, buffer);
        return buffer.WrittenSpan[form.PrefixBytes(buffer.WrittenSpan)..].ToArray();
    }

    public Task SendAsync(Packet packet) => SendBytesAsync(Frame(_form.Kind, Message(packet, _form)));

    public async Task<Welcome> HelloAsync(Hello hello)
    {
        await SendAsync(hello);
        return await ReceiveAsync<Welcome>();
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<(FrameKind Kind, byte[] Payload)?> ReceiveFrameAsync()
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (true)
        {
            var read = await _input.ReadAsync(patience.Token);
            if (FrameHeader.TryRead(read.Buffer, out var header, out var fault) == FrameReadOutcome.Header && read.Buffer.Length >= header.FrameBytes)
            {
                Assert.True(header is { IsMasked: false, IsFinal: true });
                var payload = read.Buffer.Slice(header.HeaderBytes, header.Length).ToArray();
                _input.AdvanceTo(read.Buffer.GetPosition(header.FrameBytes));
                return (header.Kind, payload);
            }

            Assert.Null(fault);
            if (read.IsCompleted)
            {
                Assert.True(read.Buffer.IsEmpty);
                return null;
            }

            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>The next frame, which must be a packet of this type.</summary>
    public async Task<T> ReceiveAsync<T>()
        where T : Packet
    {
        var (kind, payload) = Assert.NotNull(await ReceiveFrameAsync());
        Assert.Equal(_form.Kind, kind);
        return Assert.IsType<T>(_form.Read(payload).Packet);
    }

    /// <summary>Close with this status, and then, when this side has closed, the end of the connection.</summary>
    public async Task ReceiveCloseAsync(int status)
    {
        var (kind, payload) = Assert.NotNull(await ReceiveFrameAsync());
        Assert.Equal(FrameKind.Close, kind);
        Assert.Equal(status, BinaryPrimitives.ReadUInt16BigEndian(payload));
        await SendBytesAsync(Frame(FrameKind.Close, payload));
        Assert.Null(await ReceiveFrameAsync());
    }

    /// <summary>Goodbye with this code, then Close with the status of its range, then the end.</summary>
    public async Task<Goodbye> ReceiveGoodbyeAsync(ErrorCode code)
    {
        var goodbye = await ReceiveAsync<Goodbye>();
        Assert.Equal(code, goodbye.Code);
        await ReceiveCloseAsync(4000 + ((int)code / 1000));
        return goodbye;
    }

    /// <summary>No more will be sent from here; reading goes on.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    public async ValueTask DisposeAsync()
    {
        await _input.CompleteAsync();
        await _stream.DisposeAsync();
    }
}

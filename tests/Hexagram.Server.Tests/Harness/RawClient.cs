using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Server.Tests.Harness;

/// <summary>A client that does exactly what it is told, and nothing by itself: no Pong, no ack:R, no resend.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    /// <summary>Longer than anything takes; a test that waits for it has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly PipeReader _input;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _input = PipeReader.Create(_stream);
    }

    public static async Task<RawClient> ConnectAsync(IPEndPoint server, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(server).WaitAsync(Patience);
        return new RawClient(socket);
    }

    public async Task SendAsync(params Packet[] packets)
    {
        using var bytes = new MemoryStream();
        var writer = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        foreach (var packet in packets)
        {
            PacketCodec.Write(packet, writer);
        }

        await writer.CompleteAsync();
        await SendBytesAsync(bytes.ToArray());
    }

    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>Says Hello and waits for Welcome.</summary>
    public async Task<Welcome> HelloAsync(Hello hello)
    {
        await SendAsync(hello);
        return await ReceiveAsync<Welcome>();
    }

    /// <summary>The next packet, which must be a <typeparamref name="T"/>.</summary>
    public async Task<T> ReceiveAsync<T>()
        where T : Packet
    {
        var packet = await ReceiveAnyAsync(pings: typeof(T) == typeof(Ping));
        return Assert.IsType<T>(packet);
    }

    /// <summary>The next packet, or null at the end of the connection. The server's Pings are passed over unless <paramref name="pings"/> says otherwise.</summary>
    public async Task<Packet?> ReceiveAnyAsync(bool pings = false)
    {
        Packet? packet;
        do
        {
            packet = await ReceiveNextAsync();
        }
        while (packet is Ping && !pings);
        return packet;
    }

    private async Task<Packet?> ReceiveNextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var read = await _input.ReadAsync(patience.Token);
            var buffer = read.Buffer;
            var outcome = PacketCodec.TryRead(ref buffer, ProtocolLimits.BodyBytesMaxCeiling + ProtocolLimits.PacketOverheadBytes, out var result);
            if (outcome == PacketReadOutcome.Packet)
            {
                _input.AdvanceTo(buffer.Start);
                return result.Packet;
            }

            Assert.Equal(PacketReadOutcome.Incomplete, outcome);
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>The next packets up to the first <typeparamref name="T"/>, which is the last of them.</summary>
    public async Task<IReadOnlyList<Packet>> ReceiveUntilAsync<T>()
        where T : Packet
    {
        var packets = new List<Packet>();
        do
        {
            packets.Add(await ReceiveAnyAsync() ?? throw new InvalidOperationException($"The connection ended before a {typeof(T).Name}."));
        }
        while (packets[^1] is not T);
        return packets;
    }

    /// <summary>Goodbye with <paramref name="code"/>, and then the end of the connection, once this side has closed its own.</summary>
    public async Task<Goodbye> ReceiveGoodbyeAsync(ErrorCode code)
    {
        var packets = await ReceiveUntilAsync<Goodbye>();
        var goodbye = (Goodbye)packets[^1];
        Assert.Equal(code, goodbye.Code);
        _socket.Shutdown(SocketShutdown.Send);
        Assert.Null(await ReceiveAnyAsync());
        return goodbye;
    }

    /// <summary>The end of the connection, without a word.</summary>
    public async Task ReceiveEndAsync()
    {
        try
        {
            Assert.Equal(0, await _stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        }
        catch (IOException)
        {
            // Cut off.
        }
    }

    /// <summary>
    /// Everything that was said to the server before has been taken by it, and everything that it had to say at once has come: the packets before
    /// the Pong.
    /// </summary>
    public async Task<IReadOnlyList<Packet>> SettleAsync()
    {
        await SendAsync(Ping.Instance);
        var packets = await ReceiveUntilAsync<Pong>();
        return [.. packets.Take(packets.Count - 1)];
    }

    /// <summary>No more will be sent from here; reading goes on.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection as a crash does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _input.CompleteAsync();
        await _stream.DisposeAsync();
    }
}

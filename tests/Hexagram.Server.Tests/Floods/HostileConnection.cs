using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.Floods;

/// <summary>A bare socket: it costs this process next to nothing, so that what is measured is the server's.</summary>
internal sealed class HostileConnection(FloodTally tally) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4_096 };
    private bool _disposed;

    public static async Task<HostileConnection> ConnectAsync(IPEndPoint server, FloodTally tally)
    {
        var connection = new HostileConnection(tally);
        await connection._socket.ConnectAsync(server);
        tally.Connected();
        return connection;
    }

    /// <summary>Sends all of it, in as much time as the server takes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => await TrySendAsync(bytes, stop);

    /// <summary>False when the server has closed, or it is time to stop.</summary>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        try
        {
            while (bytes.Length > 0)
            {
                var sent = await _socket.SendAsync(bytes, stop);
                tally.Sent(sent);
                bytes = bytes[sent..];
            }

            return true;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Waits for the answer to Hello. False when there was none, or it is time to stop.</summary>
    public async Task<bool> TryReadAnswerAsync(CancellationToken stop)
    {
        try
        {
            var received = new byte[512];
            for (var length = 0; length < received.Length;)
            {
                var read = await _socket.ReceiveAsync(received.AsMemory(length), stop);
                length += read;
                var input = new ReadOnlySequence<byte>(received, 0, length);
                if (PacketCodec.TryRead(ref input, ProtocolLimits.HelloBytesMax, out var answer) == PacketReadOutcome.Packet)
                {
                    Count(answer.Packet!);
                    return true;
                }

                if (read == 0)
                {
                    return false;
                }
            }

            return false;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Asks for a WebSocket in the binary form. False when there is none, or it is time to stop.</summary>
    public async Task<bool> TryUpgradeAsync(IPEndPoint server, CancellationToken stop)
    {
        await TrySendAsync(Encoding.ASCII.GetBytes(RawWebSocket.Request(server)), stop);
        return await TryReadAsync(static received => received.IndexOf("\r\n\r\n"u8) >= 0, stop);
    }

    /// <summary>Waits for the answer to Hello on a WebSocket, on which nothing else has come.</summary>
    public Task<bool> TryReadFrameAsync(CancellationToken stop) => TryReadAsync(
        received =>
        {
            var isWhole = FrameHeader.TryRead(received, out var frame, out _) == FrameReadOutcome.Header && received.Length >= frame.FrameBytes;
            if (isWhole && PacketCodec.Read(received.Slice(frame.HeaderBytes, (int)frame.Length).ToArray()).Packet is { } answer)
            {
                Count(answer);
            }

            return isWhole;
        },
        stop);

    private async Task<bool> TryReadAsync(Func<ReadOnlySpan<byte>, bool> isEnough, CancellationToken stop)
    {
        try
        {
            var received = new byte[512];
            for (var length = 0; length < received.Length;)
            {
                var read = await _socket.ReceiveAsync(received.AsMemory(length), stop);
                length += read;
                if (read == 0 || isEnough(received.AsSpan(0, length)))
                {
                    return read > 0;
                }
            }

            return false;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Count(Packet answer)
    {
        switch (answer)
        {
            case Welcome:
                tally.Welcomed();
                break;
            case Goodbye:
                tally.Refused();
                break;
        }
    }

    /// <summary>Ends as a crash does, so that nothing waits for it.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            _socket.Dispose();
        }
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Microsoft.AspNetCore.Connections;

namespace Hexagram.Server.Gateway.Tcp;

/// <summary>Length-delimited packets on a Kestrel connection (PROTOCOL §3.1).</summary>
internal sealed class TcpTransport(ConnectionContext connection, TimeProvider time) : ISessionTransport
{
    /// <summary>Handed over at a time. The pipe tells that it has room, not how much was taken, so this is how exactly progress is seen.</summary>
    private const int PieceBytes = 32 << 10;

    private readonly PipeReader _input = connection.Transport.Input;
    private readonly PipeWriter _output = connection.Transport.Output;
    private ReadOnlySequence<byte> _arrived;
    private bool _holding;
    private bool _completed;

    public string Peer => connection.RemoteEndPoint?.ToString() ?? connection.ConnectionId;

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result) =>
        PacketCodec.TryRead(ref _arrived, packetBytesMax, out result);

    public async ValueTask<bool> WaitToReadAsync()
    {
        try
        {
            Release();
            if (_completed)
            {
                return false;
            }

            var read = await _input.ReadAsync().ConfigureAwait(false);
            _arrived = read.Buffer;
            _holding = true;
            _completed = read.IsCompleted;

            // What came with the end of the stream is still read, once.
            return !read.IsCanceled && (!_completed || !_arrived.IsEmpty);
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            _completed = true;
            return false;
        }
    }

    public void StopReading() => _input.CancelPendingRead();

    public void Encode(Packet packet, IBufferWriter<byte> output) => PacketCodec.Write(packet, output);

    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> encoded, Action progressed)
    {
        try
        {
            while (true)
            {
                var piece = encoded[..Math.Min(encoded.Length, PieceBytes)];
                var result = await _output.WriteAsync(piece).ConfigureAwait(false);
                if (result.IsCompleted)
                {
                    return false;
                }

                encoded = encoded[piece.Length..];
                if (encoded.IsEmpty)
                {
                    return true;
                }

                progressed();
            }
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            return false;
        }
    }

    public async ValueTask CloseAsync(TimeSpan linger)
    {
        using (var enough = new CancellationTokenSource(linger, time))
        {
            await DiscardAsync(enough.Token).ConfigureAwait(false);
        }

        // Kestrel waits for the peer to take the rest, for ever if need be; the timer is what ends that.
        _ = time.CreateTimer(static state => ((TcpTransport)state!).Abort(), this, linger, Timeout.InfiniteTimeSpan);
        await _output.CompleteAsync().ConfigureAwait(false);
    }

    public void Abort() => connection.Abort();

    /// <summary>What a connection that has gone looks like; anything else is a defect.</summary>
    private static bool IsLoss(Exception fault) =>
        fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    private async ValueTask DiscardAsync(CancellationToken enough)
    {
        try
        {
            Release();
            while (!_completed)
            {
                var read = await _input.ReadAsync(enough).ConfigureAwait(false);
                _input.AdvanceTo(read.Buffer.End);
                _completed = read.IsCompleted;
            }
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            // The peer has gone, or has had its time.
        }
    }

    private void Release()
    {
        if (_holding)
        {
            _holding = false;
            _input.AdvanceTo(_arrived.Start, _arrived.End);
        }
    }
}

using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Hexagram.Chaos.Proxy;

/// <summary>
/// One direction of a connection: one task reads into a queue of bounded length, the other forwards, late, slowly, in other pieces or
/// not at all. A full queue stops the reading, so that the sender feels the back pressure of the receiver and of the faults.
/// </summary>
internal sealed class Pump(ProxiedConnection connection, Ways way, Socket from, Socket to, ProxySurroundings surroundings)
{
    private const int ChunkBytes = 16 << 10;
    private const int ChunksMax = 16;

    /// <summary>A throttled stream is written in so many pieces per second.</summary>
    private const int ThrottledPiecesPerSecond = 20;

    private readonly Channel<Chunk> _queue = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(ChunksMax) { SingleReader = true, SingleWriter = true });
    private readonly PacketScanner _scanner = new();
    private readonly ArrayBufferWriter<byte> _pending = new(ChunkBytes);
    private readonly Lock _gate = new();
    private TimeSpan _lastDue;
    private TimeSpan _writtenUntil;
    private long _cutAfter = long.MaxValue;
    private Ending _cutEnding;
    private volatile bool _reset;

    /// <summary>Closed while the direction is frozen.</summary>
    public Gate Gate { get; } = new();

    /// <summary>Has the connection closed when so many bytes more have been forwarded.</summary>
    /// <returns>Whether there was no such order before.</returns>
    public bool CutAfter(long bytes, Ending ending)
    {
        lock (_gate)
        {
            var first = _cutAfter == long.MaxValue;
            _cutAfter = bytes;
            _cutEnding = ending;
            return first;
        }
    }

    /// <summary>Takes an order back that has not struck.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Spare()
    {
        lock (_gate)
        {
            var ordered = _cutAfter != long.MaxValue;
            _cutAfter = long.MaxValue;
            return ordered;
        }
    }

    /// <summary>Runs until the stream has ended or the connection is closed. Never throws.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(ReadAsync(stop), WriteAsync(stop));

    private static bool IsEnd(Exception exception) => exception is SocketException or ObjectDisposedException or OperationCanceledException;

    private async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var bytes = ArrayPool<byte>.Shared.Rent(ChunkBytes);
                var count = await from.ReceiveAsync(bytes, SocketFlags.None, stop);
                if (count == 0)
                {
                    ArrayPool<byte>.Shared.Return(bytes);
                    return;
                }

                await _queue.Writer.WriteAsync(new Chunk(bytes, count, Due()), stop);
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            // The other side hears of it in its turn, after what came before.
            _reset = true;
        }
        finally
        {
            _queue.Writer.TryComplete();
        }
    }

    private async Task WriteAsync(CancellationToken stop)
    {
        try
        {
            while (await GatherAsync(stop))
            {
                await ForwardAsync(stop);
            }

            // What is left is the beginning of a packet whose kind never came.
            await WriteAsync(_pending.WrittenMemory, stop);
            await Gate.PassAsync(stop);
            if (_reset)
            {
                connection.End(Ending.Reset);
            }
            else
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            connection.End(Ending.Reset);
        }
    }

    /// <summary>When what was read now may go on.</summary>
    private TimeSpan Due()
    {
        var shape = connection.Shape;
        var now = surroundings.Now;
        var due = now + shape.Latency + surroundings.Part(shape.Jitter);
        _lastDue = due > _lastDue ? due : _lastDue;
        return _lastDue;
    }

    /// <summary>Takes one chunk off the queue, or as many as the shape of the connection wants in one piece.</summary>
    /// <returns>Whether there is anything to forward; false at the end of the stream.</returns>
    private async Task<bool> GatherAsync(CancellationToken stop)
    {
        if (!await _queue.Reader.WaitToReadAsync(stop))
        {
            return false;
        }

        await TakeAsync(stop);
        var shape = connection.Shape;
        if (shape.GatherBytes == 0)
        {
            return true;
        }

        using var patience = new CancellationTokenSource(shape.GatherFor, surroundings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            while (_pending.WrittenCount < shape.GatherBytes && await _queue.Reader.WaitToReadAsync(either.Token))
            {
                await TakeAsync(stop);
                surroundings.Tally.Struck(FaultKind.Merge);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It has gathered for long enough.
        }

        return true;
    }

    private async Task TakeAsync(CancellationToken stop)
    {
        if (!_queue.Reader.TryRead(out var chunk))
        {
            return;
        }

        if (await WaitUntilAsync(chunk.Due, stop))
        {
            surroundings.Tally.Struck(FaultKind.Delay);
        }

        _pending.Write(chunk.Bytes.AsSpan(0, chunk.Count));
        ArrayPool<byte>.Shared.Return(chunk.Bytes);
    }

    /// <summary>Forwards what has gathered, up to a packet that is to be lost, and keeps the beginning of one whose kind is not known yet.</summary>
    private async Task ForwardAsync(CancellationToken stop)
    {
        await Gate.PassAsync(stop);
        var taken = Scan(_pending.WrittenSpan, out var loss);
        await WriteAsync(_pending.WrittenMemory[..taken], stop);
        if (loss is not null)
        {
            connection.End(Ending.Finish, FaultKind.Lose);
            loss.Strike(connection);
            throw new OperationCanceledException($"{loss.Kind} was to be lost.");
        }

        var rest = _pending.WrittenSpan[taken..].ToArray();
        _pending.ResetWrittenCount();
        _pending.Write(rest);
    }

    /// <summary>How many bytes may be forwarded: the packets up to the end, or up to the one to be lost.</summary>
    private int Scan(ReadOnlySpan<byte> bytes, out PacketLoss? loss)
    {
        loss = null;
        var taken = 0;
        while (taken < bytes.Length)
        {
            var more = _scanner.Next(bytes[taken..], out var begins);
            if (more == 0)
            {
                break;
            }

            if (begins is { } kind)
            {
                loss = surroundings.Losses.Claim(kind, way, connection);
                if (loss is not null)
                {
                    break;
                }

                surroundings.Tally.Passed(way, kind);
            }

            taken += more;
        }

        return taken;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        for (var pieces = 0; bytes.Length > 0; pieces++)
        {
            await Gate.PassAsync(stop);
            var shape = connection.Shape;
            var piece = Piece(shape, bytes.Length);
            surroundings.Tally.Forwarded(way, piece);
            if (pieces > 0 && shape.PieceBytesMax > 0)
            {
                surroundings.Tally.Struck(FaultKind.Split);
            }

            for (var written = 0; written < piece;)
            {
                written += await to.SendAsync(bytes[written..piece], SocketFlags.None, stop);
            }

            bytes = bytes[piece..];
            CutIfDue(piece);
            if (shape.BytesPerSecond > 0)
            {
                await PaceAsync(shape, piece, stop);
            }
        }
    }

    private int Piece(LinkShape shape, int length)
    {
        if (shape.PieceBytesMax > 0)
        {
            length = Math.Min(length, surroundings.Number(shape.PieceBytesMax));
        }

        if (shape.BytesPerSecond > 0)
        {
            length = Math.Min(length, Math.Max(1, shape.BytesPerSecond / ThrottledPiecesPerSecond));
        }

        lock (_gate)
        {
            return (int)Math.Min(length, Math.Max(0, _cutAfter));
        }
    }

    private void CutIfDue(int written)
    {
        Ending ending;
        lock (_gate)
        {
            if (_cutAfter == long.MaxValue)
            {
                return;
            }

            _cutAfter -= written;
            if (_cutAfter > 0)
            {
                return;
            }

            ending = _cutEnding;
        }

        connection.End(ending, FaultKind.CutAfter);
        throw new OperationCanceledException("The connection was to be cut here.");
    }

    private async Task PaceAsync(LinkShape shape, int written, CancellationToken stop)
    {
        var now = surroundings.Now;
        _writtenUntil = (now > _writtenUntil ? now : _writtenUntil) + TimeSpan.FromSeconds((double)written / shape.BytesPerSecond);
        if (await WaitUntilAsync(_writtenUntil, stop))
        {
            surroundings.Tally.Struck(FaultKind.Throttle);
        }
    }

    /// <returns>Whether there was anything to wait for.</returns>
    private async Task<bool> WaitUntilAsync(TimeSpan due, CancellationToken stop)
    {
        var wait = due - surroundings.Now;
        if (wait <= TimeSpan.Zero)
        {
            return false;
        }

        await Task.Delay(wait, surroundings.Time, stop);
        return true;
    }

    private readonly record struct Chunk(byte[] Bytes, int Count, TimeSpan Due);
}

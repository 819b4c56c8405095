using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Hexagram.Server.Gateway;

/// <summary>
/// The bytes of one connection, whatever is made of them: what transports have in common. One reader; one sender at a time;
/// <see cref="StopReading"/> from anywhere.
/// </summary>
internal sealed class ByteConnection(PipeReader input, PipeWriter output)
{
    /// <summary>Handed over at a time. The pipe tells that it has room, not how much was taken, so this is how exactly progress is seen.</summary>
    private const int PieceBytes = 32 << 10;

    private ReadOnlySequence<byte> _arrived;
    private bool _holding;
    private bool _completed;

    /// <summary>What has arrived and was not taken. Whoever takes bytes advances it; they stay valid until the next wait.</summary>
    public ref ReadOnlySequence<byte> Arrived => ref _arrived;

    /// <summary>Waits for more bytes. False: none will come, or <see cref="StopReading"/> was called.</summary>
    public async ValueTask<bool> WaitToReadAsync()
    {
        try
        {
            Release();
            if (_completed)
            {
                return false;
            }

            var read = await input.ReadAsync().ConfigureAwait(false);
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

    /// <summary>Ends the wait of the reader, now or the next.</summary>
    public void StopReading() => input.CancelPendingRead();

    /// <summary>Sends bytes; see <see cref="ISessionTransport.SendAsync"/>.</summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, Action progressed)
    {
        try
        {
            while (true)
            {
                var piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
                var result = await output.WriteAsync(piece).ConfigureAwait(false);
                if (result.IsCompleted)
                {
                    return false;
                }

                bytes = bytes[piece.Length..];
                if (bytes.IsEmpty)
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

    /// <summary>Reads on and throws away, until the peer has closed or <paramref name="last"/> has seen what it waits for.</summary>
    /// <param name="last">Gets what has arrived, piece by piece, and may take less than all of it; true when nothing more is to be awaited.</param>
    /// <param name="enough">Ends the wait.</param>
    public async ValueTask DiscardAsync(Discarded last, CancellationToken enough)
    {
        try
        {
            while (!last(ref _arrived))
            {
                Release();
                if (_completed)
                {
                    return;
                }

                var read = await input.ReadAsync(enough).ConfigureAwait(false);
                _arrived = read.Buffer;
                _holding = true;
                _completed = read.IsCompleted;
            }

            Release();
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            // The peer has gone, or has had its time.
        }
    }

    /// <summary>Everything has been sent.</summary>
    public ValueTask CompleteAsync() => output.CompleteAsync();

    /// <summary>What a connection that has gone looks like; anything else is a defect.</summary>
    private static bool IsLoss(Exception fault) =>
        fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    private void Release()
    {
        if (_holding)
        {
            _holding = false;
            input.AdvanceTo(_arrived.Start, _arrived.End);
            _arrived = default;
        }
    }

    /// <summary>Looks at bytes that nobody needs any more.</summary>
    public delegate bool Discarded(ref ReadOnlySequence<byte> arrived);
}

using System.Buffers;
using System.IO.Pipelines;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Client.Connections;

/// <summary>Length-delimited packets on a stream: TCP, with or without TLS (PROTOCOL §3.1).</summary>
internal sealed class StreamTransport(Stream stream) : IPacketTransport
{
    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
    private readonly OutgoingBytes _outgoing = new();
    private ReadOnlySequence<byte> _arrived;
    private bool _holding;
    private bool _completed;

    public int WrittenBytes => _outgoing.Buffer.WrittenCount;

    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        if (_holding)
        {
            _holding = false;
            _reader.AdvanceTo(_arrived.Start, _arrived.End);
        }

        if (_completed)
        {
            return false;
        }

        var read = await _reader.ReadAsync(cancellationToken);
        _arrived = read.Buffer;
        _holding = true;
        _completed = read.IsCompleted;

        // What came with the end of the stream is still read, once.
        return !_completed || !_arrived.IsEmpty;
    }

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result) => PacketCodec.TryRead(ref _arrived, packetBytesMax, out result);

    public void Write(Packet packet) => PacketCodec.Write(packet, _outgoing.Buffer);

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_outgoing.Buffer.WrittenMemory, cancellationToken);
        _outgoing.Clear();
    }

    public ValueTask CloseAsync() => stream.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await _reader.CompleteAsync();
    }
}

using System.Buffers.Binary;
using System.IO.Pipelines;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Floor;

/// <summary>What goes out on one connection. Thread-safe: whoever has something for it writes; the first of them to do so since the last flush flushes.</summary>
internal sealed class RelayConnection(PipeWriter output)
{
    private const int OverheadBytes = 512;
    private const int IdBytes = MessageId.Bytes;
    private const int IdFieldBytes = IdBytes + 2;
    private const int EpochFieldBytes = sizeof(ulong) + 1;

    private readonly Lock _gate = new();
    private bool _isDirty;
    private bool _isClosed;

    /// <summary>The name of who is at its other end, in UTF-8.</summary>
    public byte[] User { get; set; } = [];

    public void Welcome(Packet packet, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            PacketCodec.Write(packet, output);
            Touch(touched);
        }
    }

    /// <summary>msg:A.</summary>
    public void Acknowledge(ReadOnlySpan<byte> id, ulong acceptedAt, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                var writer = new FieldWriter(output.GetSpan(OverheadBytes));
                writer.Packet(2, IdFieldBytes + 1 + FieldWriter.VarintBytes(acceptedAt));
                writer.Content(1, id);
                writer.Number(2, acceptedAt);
                output.Advance(writer.Written);
                Touch(touched);
            }
        }
    }

    /// <summary>msg:N.</summary>
    public void Notify(ulong sequence, ReadOnlySpan<byte> id, ReadOnlySpan<byte> from, ReadOnlySpan<byte> content, ReadOnlySpan<byte> contentType, ulong acceptedAt, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                var writer = new FieldWriter(output.GetSpan(OverheadBytes + content.Length));
                writer.Packet(3, 1 + FieldWriter.VarintBytes(sequence) + IdFieldBytes + FieldWriter.FieldBytes(from.Length) + 1 + FieldWriter.VarintBytes(acceptedAt)
                    + FieldWriter.FieldBytes(content.Length) + (contentType.IsEmpty ? 0 : FieldWriter.FieldBytes(contentType.Length)));
                writer.Number(1, sequence);
                writer.Content(2, id);
                writer.Content(3, from);
                writer.Number(4, acceptedAt);
                writer.Content(5, content);
                if (!contentType.IsEmpty)
                {
                    writer.Content(6, contentType);
                }

                output.Advance(writer.Written);
                Touch(touched);
            }
        }
    }

    /// <summary>ack:A.</summary>
    public void Acknowledge(ulong epoch, ulong upTo, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                var writer = new FieldWriter(output.GetSpan(OverheadBytes));
                writer.Packet(5, EpochFieldBytes + 1 + FieldWriter.VarintBytes(upTo));
                writer.Fixed(1, epoch);
                writer.Number(2, upTo);
                output.Advance(writer.Written);
                Touch(touched);
            }
        }
    }

    /// <summary>ack:N.</summary>
    public void Confirm(ReadOnlySpan<byte> by, ReadOnlySpan<UInt128> ids, List<RelayConnection> touched)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                var writer = new FieldWriter(output.GetSpan(OverheadBytes + (ids.Length * IdFieldBytes)));
                writer.Packet(6, FieldWriter.FieldBytes(by.Length) + (ids.Length * IdFieldBytes) + 2);
                writer.Content(1, by);
                Span<byte> bytes = stackalloc byte[IdBytes];
                foreach (var id in ids)
                {
                    BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
                    writer.Content(2, bytes);
                }

                writer.Number(3, (ulong)MessageState.Delivered);
                output.Advance(writer.Written);
                Touch(touched);
            }
        }
    }

    /// <summary>Lets go what was written.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _isDirty = false;
            if (!_isClosed)
            {
                // Without a bound on what is buffered it has completed when it returns.
                var flushing = output.FlushAsync();
                if (!flushing.IsCompletedSuccessfully)
                {
                    flushing.AsTask().GetAwaiter().GetResult();
                }
            }
        }
    }

    /// <summary>From now on nothing is written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    private void Touch(List<RelayConnection> touched)
    {
        if (!_isDirty)
        {
            _isDirty = true;
            touched.Add(this);
        }
    }
}

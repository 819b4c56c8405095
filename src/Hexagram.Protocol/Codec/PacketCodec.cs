using System.Buffers;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// The binary form of packets for stream transports: a varint length, then that many bytes of protobuf
/// (PROTOCOL §3). The usual packets take a short way, <see cref="LineReader"/> and <see cref="LineWriter"/>; all others, and all
/// that are wrong, the generated code of <see cref="GeneratedForm"/>. Thread-safe.
/// </summary>
public static class PacketCodec
{
    // Small enough for the stack; a larger packet that lies in several segments costs more to copy than to parse.
    private const int GatheredBytesMax = 1_024;

    /// <summary>Appends <paramref name="packet"/> with its length to <paramref name="output"/>. The body is copied once, into the output.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts, such as an empty list of ids; nothing is written.</exception>
    public static void Write(Packet packet, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(output);
        if (!LineWriter.TryWrite(packet, output))
        {
            GeneratedForm.Write(packet, output);
        }
    }

    /// <summary>
    /// Takes the first whole packet off <paramref name="input"/>. Never throws, whatever the bytes. The body is copied
    /// once, out of the input, whose memory the caller may reuse as soon as this returns.
    /// </summary>
    /// <param name="input">What has arrived; on <see cref="PacketReadOutcome.Packet"/> it is advanced past the packet, otherwise untouched.</param>
    /// <param name="packetBytesMax">The longest packet allowed, without its length prefix. Checked before anything is buffered.</param>
    /// <param name="result">The packet, or what is wrong with it.</param>
    public static PacketReadOutcome TryRead(ref ReadOnlySequence<byte> input, int packetBytesMax, out PacketReadResult result)
    {
        result = default;
        var first = input.FirstSpan;
        var prefix = ReadLength(first, out var prefixBytes, out var length);
        if (prefix == PacketReadOutcome.Incomplete && !input.IsSingleSegment)
        {
            prefix = ReadLength(input, out prefixBytes, out length);
        }

        if (prefix == PacketReadOutcome.Incomplete)
        {
            return PacketReadOutcome.Incomplete;
        }

        if (prefix == PacketReadOutcome.Violation)
        {
            result = new(null, ErrorCode.ProtocolViolation, $"A length prefix is longer than {ProtocolLimits.LengthPrefixBytesMax} bytes.");
            return PacketReadOutcome.Violation;
        }

        if (length > packetBytesMax)
        {
            result = new(null, ErrorCode.PacketTooLarge, $"A packet of {length} bytes is longer than the limit of {packetBytesMax}.");
            return PacketReadOutcome.Violation;
        }

        Packet? packet;
        if (first.Length - prefixBytes >= length)
        {
            packet = LineReader.Read(first.Slice(prefixBytes, (int)length));
        }
        else if (input.Length - prefixBytes >= length)
        {
            packet = length <= GatheredBytesMax ? ReadGathered(input.Slice(prefixBytes, length)) : null;
        }
        else
        {
            return PacketReadOutcome.Incomplete;
        }

        result = packet is null ? GeneratedForm.Read(input.Slice(prefixBytes, length)) : new(packet, ErrorCode.None, null);
        if (result.Packet is null)
        {
            return PacketReadOutcome.Violation;
        }

        input = input.Slice(prefixBytes + length);
        return PacketReadOutcome.Packet;
    }

    /// <summary>Reads one packet that stands alone, without its length: for transports that keep packets apart by themselves. Never throws, whatever the bytes.</summary>
    /// <param name="packet">All of its bytes. The body is copied out of them.</param>
    public static PacketReadResult Read(ReadOnlyMemory<byte> packet) =>
        LineReader.Read(packet.Span) is { } read ? new(read, ErrorCode.None, null) : GeneratedForm.Read(new(packet));

    private static Packet? ReadGathered(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> gathered = stackalloc byte[GatheredBytesMax];
        bytes.CopyTo(gathered);
        return LineReader.Read(gathered[..(int)bytes.Length]);
    }

    /// <summary>The length of a packet whose first bytes lie in several segments.</summary>
    private static PacketReadOutcome ReadLength(in ReadOnlySequence<byte> input, out int prefixBytes, out long length)
    {
        Span<byte> prefix = stackalloc byte[ProtocolLimits.LengthPrefixBytesMax];
        var start = input.Slice(0, Math.Min(input.Length, prefix.Length));
        start.CopyTo(prefix);
        return ReadLength(prefix[..(int)start.Length], out prefixBytes, out length);
    }

    /// <summary>Reads the varint before a packet. Five bytes carry 35 bits, so the value cannot overflow a long.</summary>
    private static PacketReadOutcome ReadLength(ReadOnlySpan<byte> bytes, out int prefixBytes, out long length)
    {
        length = 0;
        for (prefixBytes = 0; prefixBytes < ProtocolLimits.LengthPrefixBytesMax;)
        {
            if (prefixBytes == bytes.Length)
            {
                return PacketReadOutcome.Incomplete;
            }

            var value = bytes[prefixBytes];
            length |= (long)(value & 0x7F) << (7 * prefixBytes++);
            if (value < 0x80)
            {
                return PacketReadOutcome.Packet;
            }
        }

        return PacketReadOutcome.Violation;
    }
}

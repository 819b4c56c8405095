using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// The binary form of packets for stream transports: a varint length, then that many bytes of protobuf
/// (PROTOCOL §3). Stateless and thread-safe.
/// </summary>
public static class PacketCodec
{
    private static readonly MessageParser<Wire.Packet> Parser = Wire.Packet.Parser.WithDiscardUnknownFields(true);

    /// <summary>Appends <paramref name="packet"/> with its length to <paramref name="output"/>. The body is copied once, into the output.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts, such as an empty list of ids; nothing is written.</exception>
    public static void Write(Packet packet, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(output);
        var wire = PacketWriter.Write(packet);
        var length = (uint)wire.CalculateSize();

        var prefix = output.GetSpan(ProtocolLimits.LengthPrefixBytesMax);
        var prefixBytes = 0;
        for (; length >= 0x80; length >>= 7)
        {
            prefix[prefixBytes++] = (byte)(length | 0x80);
        }

        prefix[prefixBytes++] = (byte)length;
        output.Advance(prefixBytes);
        wire.WriteTo(output);
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
        var prefix = ReadLength(input, out var prefixBytes, out var length);
        if (prefix == PacketReadOutcome.Incomplete)
        {
            return PacketReadOutcome.Incomplete;
        }

        if (prefix == PacketReadOutcome.Violation)
        {
            return Violation(ErrorCode.ProtocolViolation, $"A length prefix is longer than {ProtocolLimits.LengthPrefixBytesMax} bytes.", out result);
        }

        if (length > packetBytesMax)
        {
            return Violation(ErrorCode.PacketTooLarge, $"A packet of {length} bytes is longer than the limit of {packetBytesMax}.", out result);
        }

        if (input.Length - prefixBytes < length)
        {
            return PacketReadOutcome.Incomplete;
        }

        var bytes = input.Slice(prefixBytes, length);
        if (!TryParse(bytes, out var wire))
        {
            return Violation(ErrorCode.ProtocolViolation, "A packet is not valid protobuf, or a string in it is not UTF-8.", out result);
        }

        if (wire.KindCase == Wire.Packet.KindOneofCase.None)
        {
            return Violation(ErrorCode.PacketUnknown, "A packet is empty or of a kind that this version does not know.", out result);
        }

        var packet = PacketReader.Read(wire, out var fault);
        if (packet is null)
        {
            return Violation(ErrorCode.ProtocolViolation, fault!, out result);
        }

        input = input.Slice(bytes.End);
        result = new PacketReadResult(packet, ErrorCode.None, null);
        return PacketReadOutcome.Packet;
    }

    private static PacketReadOutcome Violation(ErrorCode code, string fault, out PacketReadResult result)
    {
        result = new PacketReadResult(null, code, fault);
        return PacketReadOutcome.Violation;
    }

    /// <summary>Reads the varint before a packet. Five bytes carry 35 bits, so the value cannot overflow a long.</summary>
    private static PacketReadOutcome ReadLength(in ReadOnlySequence<byte> input, out int prefixBytes, out long length)
    {
        var reader = new SequenceReader<byte>(input);
        length = 0;
        for (prefixBytes = 0; prefixBytes < ProtocolLimits.LengthPrefixBytesMax;)
        {
            if (!reader.TryRead(out var value))
            {
                return PacketReadOutcome.Incomplete;
            }

            length |= (long)(value & 0x7F) << (7 * prefixBytes++);
            if (value < 0x80)
            {
                return PacketReadOutcome.Packet;
            }
        }

        return PacketReadOutcome.Violation;
    }

    /// <summary>
    /// The parser speaks in exceptions; this is the one place where they are turned into a result. It refuses strings
    /// that are not UTF-8 and nesting deeper than 100.
    /// </summary>
    private static bool TryParse(in ReadOnlySequence<byte> bytes, [NotNullWhen(true)] out Wire.Packet? wire)
    {
        try
        {
            wire = Parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            // Its words are for users of that library, not for peers.
            wire = null;
            return false;
        }
    }
}

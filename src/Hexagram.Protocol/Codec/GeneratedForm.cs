using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// Every packet by way of the code that protoc generates from <c>hexagram.proto</c>: the reference, for packets that are rare, large or
/// written in an unusual way, and for all that are wrong. The usual ones take the short way of <see cref="LineReader"/> and <see cref="LineWriter"/>.
/// </summary>
internal static class GeneratedForm
{
    private static readonly MessageParser<Wire.Packet> Parser = Wire.Packet.Parser.WithDiscardUnknownFields(true);

    /// <summary>Appends the packet with its length.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts; nothing is written.</exception>
    internal static void Write(Packet packet, IBufferWriter<byte> output)
    {
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

    /// <summary>Reads one packet without its length.</summary>
    internal static PacketReadResult Read(in ReadOnlySequence<byte> bytes)
    {
        if (!TryParse(bytes, out var wire))
        {
            return new(null, ErrorCode.ProtocolViolation, "A packet is not valid protobuf, or a string in it is not UTF-8.");
        }

        if (wire.KindCase == Wire.Packet.KindOneofCase.None)
        {
            return new(null, ErrorCode.PacketUnknown, "A packet is empty or of a kind that this version does not know.");
        }

        var packet = PacketReader.Read(wire, out var fault);
        return new(packet, packet is null ? ErrorCode.ProtocolViolation : ErrorCode.None, fault);
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

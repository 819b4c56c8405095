using System.Buffers;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// The JSON form of packets, for people to read and for browsers to speak: one object per packet (PROTOCOL §3.5). It says what the
/// binary form of <see cref="PacketCodec"/> says, with the same limits and the same refusals; how one packet is told from
/// the next is the transport's business. The usual packets take a short way, <see cref="JsonLineReader"/>; all others, and all
/// that are wrong, the way of <see cref="JsonPacketReader"/>. Thread-safe.
/// </summary>
public static class JsonPacketCodec
{
    // Small enough for the stack; most packets are no longer.
    private const int GatheredBytesMax = 1_024;

    /// <summary>
    /// The longest JSON form that a reader must allow where the binary form may have <paramref name="binaryBytesMax"/> bytes: a byte of a
    /// text takes up to six, as in <c>\u0001</c> (PROTOCOL §3.5).
    /// </summary>
    public static int BytesMax(int binaryBytesMax) => checked(binaryBytesMax * ProtocolLimits.JsonBytesPerByteMax);

    /// <summary>Appends <paramref name="packet"/> to <paramref name="output"/>: one object without white space, in UTF-8.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts, such as an empty list of ids; nothing is written.</exception>
    public static void Write(Packet packet, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(output);
        JsonPacketWriter.Write(packet, output);
    }

    /// <summary>
    /// Reads one whole message of the transport as one packet. Never throws, whatever the bytes. The body is copied out of the message,
    /// whose memory the caller may reuse as soon as this returns.
    /// </summary>
    /// <param name="message">All bytes of the message, and no others.</param>
    /// <param name="messageBytesMax">The longest message allowed, see <see cref="BytesMax"/>. The transport checks it too, before it buffers more.</param>
    /// <returns>The packet, or what is wrong with it.</returns>
    public static PacketReadResult Read(ReadOnlySpan<byte> message, int messageBytesMax)
    {
        if (message.Length > messageBytesMax)
        {
            return TooLarge(message.Length, messageBytesMax);
        }

        return ReadWhole(message);
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, int)"/>
    public static PacketReadResult Read(in ReadOnlySequence<byte> message, int messageBytesMax)
    {
        if (message.IsSingleSegment)
        {
            return Read(message.FirstSpan, messageBytesMax);
        }

        if (message.Length > messageBytesMax)
        {
            return TooLarge(message.Length, messageBytesMax);
        }

        return message.Length <= GatheredBytesMax ? ReadGathered(message) : ReadRented(message);
    }

    private static PacketReadResult ReadWhole(ReadOnlySpan<byte> message) =>
        JsonLineReader.Read(message) is { } packet ? new(packet, ErrorCode.None, null) : JsonPacketReader.Read(message);

    private static PacketReadResult ReadGathered(in ReadOnlySequence<byte> message)
    {
        Span<byte> gathered = stackalloc byte[GatheredBytesMax];
        message.CopyTo(gathered);
        return ReadWhole(gathered[..(int)message.Length]);
    }

    private static PacketReadResult ReadRented(in ReadOnlySequence<byte> message)
    {
        var rented = ArrayPool<byte>.Shared.Rent((int)message.Length);
        try
        {
            message.CopyTo(rented);
            return ReadWhole(rented.AsSpan(0, (int)message.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static PacketReadResult TooLarge(long bytes, int bytesMax) =>
        new(null, ErrorCode.PacketTooLarge, $"A packet of {bytes} bytes is longer than the limit of {bytesMax}.");
}

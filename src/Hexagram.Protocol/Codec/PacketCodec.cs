using System.Buffers;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// The binary form of packets for stream transports: a varint length, then that many bytes of protobuf
/// (PROTOCOL §3). Stateless and thread-safe.
/// </summary>
public static class PacketCodec
{
    /// <summary>Appends <paramref name="packet"/> with its length to <paramref name="output"/>.</summary>
    public static void Write(Packet packet, IBufferWriter<byte> output) => throw new NotSupportedException();

    /// <summary>
    /// Takes the first whole packet off <paramref name="input"/>.
    /// </summary>
    /// <param name="input">What has arrived; on <see cref="PacketReadOutcome.Packet"/> it is advanced past the packet, otherwise untouched.</param>
    /// <param name="packetBytesMax">The longest packet allowed, without its length prefix. Checked before anything is buffered.</param>
    /// <param name="result">The packet, or what is wrong with it.</param>
    public static PacketReadOutcome TryRead(ref ReadOnlySequence<byte> input, int packetBytesMax, out PacketReadResult result) =>
        throw new NotSupportedException();
}

/// <summary>What <see cref="PacketCodec.TryRead"/> found.</summary>
public enum PacketReadOutcome
{
    /// <summary>Not a whole packet yet; read more.</summary>
    Incomplete,

    /// <summary>A valid packet.</summary>
    Packet,

    /// <summary>Bytes that no valid peer sends: answer with Goodbye and end the connection.</summary>
    Violation,
}

/// <summary>A packet, or the words for the Goodbye that answers its absence.</summary>
/// <param name="Packet">Set for <see cref="PacketReadOutcome.Packet"/>.</param>
/// <param name="Code">Set for <see cref="PacketReadOutcome.Violation"/>.</param>
/// <param name="Fault">What is wrong and where, for people. Never holds content of a body or a token.</param>
public readonly record struct PacketReadResult(Packet? Packet, ErrorCode Code, string? Fault);

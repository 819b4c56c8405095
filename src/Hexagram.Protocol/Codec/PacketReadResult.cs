namespace Hexagram.Protocol.Codec;

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

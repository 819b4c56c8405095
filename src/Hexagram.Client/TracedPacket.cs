using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>
/// One packet that passed between client and server. The packets of one direction come in order, from the connection's own
/// tasks: whoever gets them is quick and does not throw. The token in a <see cref="Hello"/> is left out.
/// </summary>
/// <param name="Direction">Which way it went.</param>
/// <param name="Packet">What it says.</param>
/// <param name="At">When, by this device's clock.</param>
public readonly record struct TracedPacket(PacketDirection Direction, Packet Packet, DateTimeOffset At);

/// <summary>Which way a packet goes.</summary>
public enum PacketDirection
{
    /// <summary>To the server.</summary>
    Sent,

    /// <summary>From the server.</summary>
    Received,
}

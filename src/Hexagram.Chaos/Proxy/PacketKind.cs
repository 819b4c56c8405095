namespace Hexagram.Chaos.Proxy;

/// <summary>The kinds of packets as a stream shows them: the field numbers of the contract, frozen there (PROTOCOL §3).</summary>
public enum PacketKind
{
    /// <summary>A packet whose kind this version does not know.</summary>
    Unknown = 0,

    /// <summary>Line 1, msg:R.</summary>
    MessageRequest = 1,

    /// <summary>Line 2, msg:A.</summary>
    MessageAcknowledge = 2,

    /// <summary>Line 3, msg:N.</summary>
    MessageNotify = 3,

    /// <summary>Line 4, ack:R.</summary>
    AckRequest = 4,

    /// <summary>Line 5, ack:A.</summary>
    AckAcknowledge = 5,

    /// <summary>Line 6, ack:N.</summary>
    AckNotify = 6,

    /// <summary>The first packet of a client.</summary>
    Hello = 7,

    /// <summary>The server's answer to it.</summary>
    Welcome = 8,

    /// <summary>Where do these messages stand?</summary>
    StatusRequest = 9,

    /// <summary>There.</summary>
    StatusAcknowledge = 10,

    /// <summary>Are you there?</summary>
    Ping = 11,

    /// <summary>I am.</summary>
    Pong = 12,

    /// <summary>An answer other than msg:A to one msg:R.</summary>
    Error = 13,

    /// <summary>The last packet of a connection.</summary>
    Goodbye = 14,
}

namespace Hexagram.Protocol.Polling;

/// <summary>What a request of long polling is answered with: packets, and a problem in the place of Goodbye (PROTOCOL §14, §14.4).</summary>
/// <param name="Packets">What the server has said, in order.</param>
/// <param name="Goodbye">What its problem says; null for an answer that went well.</param>
public sealed record PollingAnswer(IReadOnlyList<Packet> Packets, Goodbye? Goodbye = null);

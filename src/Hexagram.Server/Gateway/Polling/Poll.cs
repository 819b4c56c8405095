using Hexagram.Protocol;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>What makes a session a poll: one of a series that is one connection to its client (PROTOCOL §14.1).</summary>
/// <param name="Leases">Where the polls of a connection find each other.</param>
/// <param name="Received">What the polls before this one have brought.</param>
/// <param name="Leaves">It is the last of its connection.</param>
internal sealed record Poll(PollLeases Leases, Sequence Received, bool Leaves);

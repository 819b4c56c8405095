using System.Net;

namespace Hexagram.Server.Options;

/// <summary>This node's place among others. Nodes share a store, and keys or an identity provider: a token of one is good at all.</summary>
public sealed record ClusterOptions
{
    /// <summary>
    /// The address and port at which the other nodes reach this one. Not set: it is alone, and listens to no other node. What nodes say to each other is neither
    /// encrypted nor authenticated: it belongs on a network of their own.
    /// </summary>
    public IPEndPoint? Address { get; init; }

    /// <summary>Where it listens for the other nodes, if they reach it through something that forwards to another place. Not set: at <see cref="Address"/>.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Which cluster it belongs to; several may share a table of members.</summary>
    public string Name { get; init; } = "hexagram";

    /// <summary>
    /// A node that has answered nobody for so long is declared dead, and its users' sessions are looked for elsewhere. Shorter: messages to them wait less after a
    /// crash. Longer: a node that is only slow is spared a restart. From 2 s to 5 min.
    /// </summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(5);
}

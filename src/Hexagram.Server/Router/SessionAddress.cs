using Hexagram.Protocol;
using Orleans;

namespace Hexagram.Server.Router;

/// <summary>Where a session lives: the node that holds it, and its number there.</summary>
/// <param name="Node">The node, by the name that the cluster knows it by.</param>
/// <param name="Number">Unique in the life of that node.</param>
[GenerateSerializer, Immutable, Alias("hexagram.session-address")]
internal readonly record struct SessionAddress([property: Id(0)] string Node, [property: Id(1)] long Number);

/// <summary>What the router knows of a live session. Soft state: its node says it again with every heartbeat.</summary>
/// <param name="Address">Where it lives.</param>
/// <param name="Device">Whose connection it is.</param>
/// <param name="Connection">Of two of one device, the higher stays.</param>
/// <param name="Receiving">Its window is not 0: entries are brought to it.</param>
[GenerateSerializer, Immutable, Alias("hexagram.session-record")]
internal sealed record SessionRecord(
    [property: Id(0)] SessionAddress Address,
    [property: Id(1)] DeviceId Device,
    [property: Id(2)] ConnectionNumber Connection,
    [property: Id(3)] bool Receiving)
{
    /// <summary>Its connection is a series of requests, any of which may come to another node: there it goes on under the same number.</summary>
    [Id(4)]
    public bool Polls { get; init; }

    /// <summary>Whether this is where the connection of <paramref name="other"/> goes on.</summary>
    public bool GoesOnFrom(SessionRecord other) => Polls && other.Polls && Connection == other.Connection;
}

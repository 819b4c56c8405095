using Hexagram.Protocol;
using Hexagram.Server.Router;
using Orleans;
using Orleans.Services;

namespace Hexagram.Server.Cluster;

/// <summary>A node as the others speak to it: for the sessions that it holds.</summary>
[Alias("hexagram.node-post")]
internal interface INodePost : IGrainService
{
    /// <summary>Brings what has gathered to sessions of this node. Hints, each of which may be lost.</summary>
    [Alias("post")]
    ValueTask PostAsync(IReadOnlyList<SessionPost> posts);

    /// <summary>Ends the sessions of a user, of all devices or of one, until they have authenticated anew.</summary>
    /// <returns>How many have ended by this.</returns>
    [Alias("sign-out")]
    ValueTask<int> SignOutAsync(UserId user, DeviceId? device);
}

/// <summary>What is brought to one session on another node.</summary>
/// <param name="User">Whose.</param>
/// <param name="Session">The number of its address.</param>
/// <param name="Entries">As of <see cref="UserPost"/>.</param>
/// <param name="Reports">As of <see cref="UserPost"/>.</param>
/// <param name="Order">What it is to do beside.</param>
[GenerateSerializer, Immutable, Alias("hexagram.session-post")]
internal sealed record SessionPost(
    [property: Id(0)] UserId User,
    [property: Id(1)] long Session,
    [property: Id(2)] IReadOnlyList<EntryHint> Entries,
    [property: Id(3)] IReadOnlyList<DeliveryReport> Reports,
    [property: Id(4)] SessionOrder Order);

/// <summary>What a session on another node is told to do.</summary>
[GenerateSerializer, Alias("hexagram.session-order")]
internal enum SessionOrder
{
    /// <summary>To go on.</summary>
    None = 0,

    /// <summary>As of <see cref="ISessionPost.Supersede"/>.</summary>
    Supersede = 1,

    /// <summary>As of <see cref="ISessionPost.GiveWay"/>.</summary>
    GiveWay = 2,
}

using Hexagram.Protocol;
using Hexagram.Server.Router;

namespace Hexagram.Server.Cluster;

/// <summary>A session that another node holds. What is brought to it leaves with all that goes to its node.</summary>
internal sealed class RemoteSession(NodeRoute route, UserId user, long number) : ISessionPost
{
    /// <inheritdoc/>
    /// <remarks>Copied: the caller uses its list anew.</remarks>
    public void Notify(IReadOnlyList<EntryHint> entries) => route.Add(new SessionPost(user, number, [.. entries], [], SessionOrder.None));

    /// <inheritdoc/>
    public void Report(IReadOnlyList<DeliveryReport> reports) => route.Add(new SessionPost(user, number, [], [.. reports], SessionOrder.None));

    /// <inheritdoc/>
    public void Supersede() => route.Add(new SessionPost(user, number, [], [], SessionOrder.Supersede));

    /// <inheritdoc/>
    public void GiveWay() => route.Add(new SessionPost(user, number, [], [], SessionOrder.GiveWay));
}

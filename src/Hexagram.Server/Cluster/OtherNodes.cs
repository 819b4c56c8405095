using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Hexagram.Server.Cluster;

/// <summary>The other nodes of the cluster: which live, and the way to each. Thread-safe.</summary>
internal sealed partial class OtherNodes : ISiloStatusListener
{
    private readonly ConcurrentDictionary<string, NodeRoute> _routes = new();
    private readonly ISiloStatusOracle _members;
    private readonly NodePostClient _posts;
    private readonly ILogger<OtherNodes> _logger;

    public OtherNodes(ISiloStatusOracle members, NodePostClient posts, ILogger<OtherNodes> logger)
    {
        (_members, _posts, _logger) = (members, posts, logger);
        members.SubscribeToSiloStatusEvents(this);
    }

    /// <summary>A node has left or died: what the routers on it knew is to be said again, and what was on its way to it may be lost.</summary>
    public event Action? Gone;

    /// <summary>How many others are there.</summary>
    public int Count => Living().Count;

    /// <summary>The way to <paramref name="node"/>, unless it is known to be dead.</summary>
    public bool TryFind(string node, [NotNullWhen(true)] out NodeRoute? route)
    {
        if (_routes.TryGetValue(node, out route))
        {
            return true;
        }

        // One that this node has not heard of is new.
        var address = SiloAddress.FromParsableString(node);
        if (_members.IsDeadSilo(address))
        {
            return false;
        }

        route = _routes.GetOrAdd(node, _ => new NodeRoute(_posts.Of(address), fault => LogHintsLost(_logger, node, fault)));
        if (!_members.IsDeadSilo(address))
        {
            return true;
        }

        // It died in between.
        _routes.TryRemove(node, out _);
        return false;
    }

    /// <summary>Ends the sessions of a user on all of them.</summary>
    /// <exception cref="OrleansException">One could not be asked, and lives as far as is known.</exception>
    public async Task<int> SignOutAsync(UserId user, DeviceId? device) =>
        (await Task.WhenAll(Living().Select(node => _posts.Of(node).SignOutAsync(user, device).AsTask())).ConfigureAwait(false)).Sum();

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (updatedSilo.Equals(_members.SiloAddress))
        {
            return;
        }

        if (status == SiloStatus.Active)
        {
            LogJoined(_logger, updatedSilo);
        }
        else if (status == SiloStatus.Dead)
        {
            LogGone(_logger, updatedSilo);
            _routes.TryRemove(updatedSilo.ToParsableString(), out _);
            Gone?.Invoke();
        }
    }

    private List<SiloAddress> Living() => [.. _members.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(node => !node.Equals(_members.SiloAddress))];
}

using Hexagram.Processes;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>A test that harms nodes, and begins with all of them alive.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    private protected abstract ThreeNodes Cluster { get; }

    private protected ServerProcess First => Cluster.Nodes[0];

    private protected ServerProcess Second => Cluster.Nodes[1];

    private protected ServerProcess Third => Cluster.Nodes[2];

    public virtual async ValueTask InitializeAsync() => await Cluster.MendAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Hexagram.Server.Cluster;

/// <summary>Finds the post of a node.</summary>
internal sealed class NodePostClient(IServiceProvider services) : GrainServiceClient<INodePost>(services)
{
    /// <summary>That of <paramref name="node"/>; whether it lives is not asked.</summary>
    public INodePost Of(SiloAddress node) => GetGrainService(node);
}

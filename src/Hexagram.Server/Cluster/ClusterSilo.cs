using System.Net;
using Hexagram.Server.Router;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Hexagram.Server.Cluster;

/// <summary>Sets up the router's engine: alone, or as a member of a cluster, whose table of members somebody else brings.</summary>
internal static class ClusterSilo
{
    /// <summary>Probes that have to go unanswered. The first may be asked for just before the node dies, so of <see cref="Options.ClusterOptions.DeadAfter"/> one part more is left.</summary>
    private const int MissedProbes = 3;

    /// <summary>Adds it to the application.</summary>
    public static void Add(IServiceCollection services, Options.ClusterOptions cluster) => services.AddOrleans(silo =>
    {
        if (cluster.Address is { } address)
        {
            Join(silo, cluster, address);
        }
        else
        {
            // The ports are names only: a single silo listens nowhere.
            silo.UseLocalhostClustering(gatewayPort: 0);
            SilentNetwork.UseFor(silo.Services);
        }
    });

    private static void Join(ISiloBuilder silo, Options.ClusterOptions cluster, IPEndPoint address)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(names => (names.ClusterId, names.ServiceId) = (cluster.Name, cluster.Name));
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address.Address;
            endpoints.SiloPort = address.Port;
            endpoints.GatewayPort = 0;
            endpoints.SiloListeningEndpoint = cluster.Listen ?? address;
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            var probe = cluster.DeadAfter / (MissedProbes + 1);
            membership.NumMissedProbesLimit = MissedProbes;
            membership.ProbeTimeout = membership.MaxProbeTimeout = probe;
            membership.MinProbeTimeout = probe / 2;

            // So often a node reads who lives and writes that it does; of those that have not for three times as long a new node takes no notice, also when all died at once.
            membership.TableRefreshTimeout = membership.IAmAliveTablePublishTimeout = cluster.DeadAfter;
            membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        });

        // A call to a node that has frozen ends when that is declared dead, which is sooner.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = cluster.DeadAfter * 2);
        silo.AddGrainService<NodePost>();

        // The engine logs each node's share of a ring that is used for nothing here.
        silo.Services.AddLogging(static logging => logging.AddFilter(typeof(NodePost).FullName, LogLevel.Warning));
        silo.Services.AddSingleton<NodePostClient>();
        silo.Services.AddSingleton<OtherNodes>();
        silo.Services.AddSingleton<MembershipLoss>();
        silo.Services.Replace(ServiceDescriptor.Singleton<IFatalErrorHandler>(static services => services.GetRequiredService<MembershipLoss>()));
    }
}

using System.Net;
using Hexagram.Chaos.Proxy;
using Hexagram.Chaos.Runs;
using Hexagram.Processes;

namespace Hexagram.Chaos.Nodes;

/// <summary>
/// The server of a run: one process with its own store, or the nodes of a cluster. Clients find it behind the proxy, which hands each connection to the next node that takes it,
/// as any load balancer does.
/// </summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    private const string KeyFile = "token.key";
    private const int StartsMax = 30;
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(1);

    private readonly FaultProxy _proxy;
    private readonly OwnCertificate? _certificate;
    private readonly Dictionary<ServerProcess, (IPEndPoint Tcp, IPEndPoint? Http)> _places = [];
    private readonly Lock _gate = new();

    /// <summary>Prepares it; nothing is started yet.</summary>
    public ServerGroup(ChaosSettings settings, FaultProxy proxy)
    {
        _proxy = proxy;
        _certificate = settings.WithTls ? new OwnCertificate(settings.Folder) : null;
        var program = _certificate?.Encrypt(settings.Program) ?? settings.Program;
        Nodes = settings.Nodes == 1
            ? [new ServerProcess(program, settings.Folder)]
            : [.. Enumerable.Range(1, settings.Nodes).Select(n => new ServerProcess(program, Directory.CreateDirectory(Path.Combine(settings.Folder, $"node{n}")).FullName))];
        Ground = settings.Nodes == 1 ? null : new ClusterGround(settings.Folder);
    }

    /// <summary>The same for nodes that know what they stand on, which is somebody else's.</summary>
    public ServerGroup(IReadOnlyList<ServerProcess> nodes, FaultProxy proxy)
    {
        Nodes = nodes;
        _proxy = proxy;
    }

    /// <summary>Its processes.</summary>
    public IReadOnlyList<ServerProcess> Nodes { get; }

    /// <summary>What they stand on; null when there is one process with its own store, or when it is somebody else's.</summary>
    public ClusterGround? Ground { get; }

    /// <summary>The certificate that its clients trust, as PEM; null when nothing is encrypted.</summary>
    public string? CertificateFile => _certificate?.File;

    /// <summary>A data folder that has the key and says where the store is.</summary>
    public string Data => Nodes[0].Data;

    /// <summary>Starts all of it.</summary>
    /// <exception cref="InvalidOperationException">Something cannot be started.</exception>
    public async Task StartAsync()
    {
        if (Ground is not null)
        {
            await Ground.StartAsync();
        }

        foreach (var node in Nodes)
        {
            Ground?.Connect(node);
            if (node != Nodes[0])
            {
                // A token of one is good at all.
                File.Copy(Path.Combine(Data, KeyFile), Path.Combine(Directory.CreateDirectory(node.Data).FullName, KeyFile));
            }

            await StartAsync(node);
        }
    }

    /// <summary>Starts one, and has the proxy find it where it listens now. A node whose engines are away at the moment is started again and again, as by a supervisor.</summary>
    public async Task StartAsync(ServerProcess node)
    {
        var tcp = await TryStartAsync(node, Nodes.Count == 1 ? 0 : StartsMax);
        lock (_gate)
        {
            _places[node] = (tcp, node.Http);
            _proxy.Targets = [.. _places.Values.Select(place => place.Tcp)];
            _proxy.HttpTargets = [.. _places.Values.Select(place => place.Http).OfType<IPEndPoint>()];
        }
    }

    /// <summary>Where a node listened when it was started last.</summary>
    public IPEndPoint PlaceOf(ServerProcess node)
    {
        lock (_gate)
        {
            return _places[node].Tcp;
        }
    }

    private static async Task<IPEndPoint> TryStartAsync(ServerProcess node, int more)
    {
        for (; ; more--)
        {
            try
            {
                return await node.StartAsync();
            }
            catch (InvalidOperationException) when (more > 0)
            {
                if (node.IsAlive)
                {
                    // It was not ready in time; two processes must not be one node.
                    await node.KillAsync();
                }

                await Task.Delay(StartPause);
            }
        }
    }

    /// <summary>Asks all to end, one after the other.</summary>
    /// <returns>What was wrong with their ends.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        var faults = new List<string>();
        foreach (var node in Nodes)
        {
            if (await node.EndAsync() is { } fault)
            {
                faults.Add(fault);
            }
        }

        return faults;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        if (Ground is not null)
        {
            await Ground.DisposeAsync();
        }

        _certificate?.Dispose();
    }
}

using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Runs;
using Hexagram.Processes;

namespace Hexagram.Chaos.Faults;

/// <summary>What is done to the server: to one process of it, chosen by chance, or to what its nodes stand on. Only one at a time on one process.</summary>
internal sealed class ServerFaults(FaultPlan plan, ServerGroup servers, Recorder recorder)
{
    /// <summary>Strikes, and returns when all is whole again.</summary>
    public Task<(int Struck, string What)> StrikeAsync(Fault fault, Random random, CancellationToken end) => fault switch
    {
        Fault.KillServer => OnNodeAsync(KillAsync, random, end),
        Fault.StopServer => OnNodeAsync(StopAsync, random, end),
        Fault.RestartServer => RestartAsync(random, end),
        Fault.IsolateNode => OnNodeAsync(IsolateAsync, random, end),
        Fault.CutOffDatabase => OnNodeAsync(CutOffDatabaseAsync, random, end),
        Fault.CrashDatabase => CrashAsync(Ground.Database, "PostgreSQL", random, end),
        Fault.CrashRedis => CrashAsync(Ground.Redis, "Redis", random, end),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "It does not concern the server."),
    };

    private ClusterGround Ground => servers.Ground ?? throw new InvalidOperationException("This fault needs a cluster.");

    private string Name(ServerProcess node) => servers.Nodes.Count == 1 ? "the server" : $"node {servers.Nodes.ToList().IndexOf(node) + 1}";

    private async Task<(int, string)> OnNodeAsync(Func<ServerProcess, Random, CancellationToken, Task<(int, string)>> strike, Random random, CancellationToken end)
    {
        var candidates = servers.Nodes.ToArray();
        random.Shuffle(candidates);
        foreach (var node in candidates)
        {
            if (!await node.Gate.WaitAsync(0, CancellationToken.None))
            {
                continue;
            }

            try
            {
                return await strike(node, random, end);
            }
            finally
            {
                node.Gate.Release();
            }
        }

        return (0, "the server was being disturbed already");
    }

    private async Task<(int, string)> KillAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var wasAlive = await node.KillAsync();
        var pause = FaultInjector.Chance(random) ? TimeSpan.Zero : plan.Pause(random) / 4;
        await FaultInjector.PauseAsync(pause, end);
        await servers.StartAsync(node);
        return (wasAlive ? 1 : 0, $"killed {Name(node)} and started it again after {FaultInjector.Words(pause)}");
    }

    private async Task<(int, string)> StopAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var struck = node.Stop();
        await FaultInjector.PauseAsync(pause, end);
        return (struck && node.Continue() ? 1 : 0, $"stopped {Name(node)} for {FaultInjector.Words(pause)}");
    }

    /// <summary>The nodes of a cluster one after the other, as an upgrade does.</summary>
    private async Task<(int, string)> RestartAsync(Random random, CancellationToken end)
    {
        var struck = 0;
        foreach (var node in servers.Nodes)
        {
            if (!await node.Gate.WaitAsync(0, CancellationToken.None))
            {
                continue;
            }

            try
            {
                if (await node.EndAsync() is { } fault)
                {
                    recorder.Trouble(fault);
                }

                await FaultInjector.PauseAsync(plan.Pause(random) / 4, end);
                await servers.StartAsync(node);
                struck++;
            }
            finally
            {
                node.Gate.Release();
            }
        }

        return (struck, struck == 0 ? "the server was being disturbed already"
            : servers.Nodes.Count == 1 ? "ended the server in order and started it again"
            : $"ended {struck} nodes in order, one after the other, and started each again");
    }

    private async Task<(int, string)> IsolateAsync(ServerProcess node, Random random, CancellationToken end)
    {
        if (!node.IsAlive)
        {
            return (0, "the node had ended");
        }

        var pause = plan.Pause(random);
        var struck = Ground.Isolate(node);
        await FaultInjector.PauseAsync(pause, end);
        Ground.Reunite();
        return (struck, $"kept {Name(node)} and the others from hearing of each other for {FaultInjector.Words(pause)}");
    }

    private async Task<(int, string)> CutOffDatabaseAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var struck = Ground.CutOffDatabase(node);
        await FaultInjector.PauseAsync(pause, end);
        Ground.ReachDatabase(node);
        return (struck, $"let nothing pass between {Name(node)} and the database for {FaultInjector.Words(pause)}");
    }

    private async Task<(int, string)> CrashAsync(EngineProcess engine, string name, Random random, CancellationToken end)
    {
        if (!await Ground.Gate.WaitAsync(0, CancellationToken.None))
        {
            return (0, "an engine was being disturbed already");
        }

        try
        {
            var pause = plan.Pause(random) / 2;
            await engine.CrashAsync();
            await FaultInjector.PauseAsync(pause, end);
            await engine.StartAsync();
            return (1, $"crashed {name} and started it again after {FaultInjector.Words(pause)}");
        }
        finally
        {
            Ground.Gate.Release();
        }
    }
}

using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Runs;
using Hexagram.Processes;
using static Hexagram.Chaos.Faults.Striking;

namespace Hexagram.Chaos.Faults;

/// <summary>What is done to the server: to one process of it, chosen by chance, or to what its nodes stand on. Only one at a time on one process.</summary>
internal sealed class ServerFaults(FaultPlan plan, ServerGroup servers, Recorder recorder)
{
    /// <summary>Strikes, and returns when all is whole again.</summary>
    public Task<(int Struck, string What)> StrikeAsync(Fault fault, Random random, CancellationToken end) => fault switch
    {
        Fault.KillServer => OnNodeAsync(KillAsync, random, end, servers.Nodes),
        Fault.StopServer => OnNodeAsync(StopAsync, random, end, servers.Nodes),
        Fault.RestartServer => RestartAllAsync(random, end),
        Fault.IsolateNode => OnNodeAsync(IsolateAsync, random, end, servers.Nodes),
        Fault.CutOffDatabase => OnNodeAsync(CutOffDatabaseAsync, random, end, servers.Nodes),
        Fault.CrashDatabase => CrashAsync(Ground.Database, "PostgreSQL", random, end),
        Fault.CrashRedis => CrashAsync(Ground.Redis, "Redis", random, end),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "It does not concern the server."),
    };

    private ClusterGround Ground => servers.Ground ?? throw new InvalidOperationException("This fault needs a cluster.");

    private string Name(ServerProcess node) => servers.Nodes.Count == 1 ? "the server" : $"node {servers.Nodes.ToList().IndexOf(node) + 1}";

    private static Task<(int Struck, string What)> OnNodeAsync(
        Func<ServerProcess, Random, CancellationToken, Task<(int, string)>> strike, Random random, CancellationToken end, params IEnumerable<ServerProcess> nodes) =>
        OneAsync(nodes, node => node.Gate, node => strike(node, random, end), random, "the server was being disturbed already");

    private async Task<(int, string)> KillAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var wasAlive = await node.KillAsync();
        var pause = Chance(random) ? TimeSpan.Zero : plan.Pause(random) / 4;
        await PauseAsync(pause, end);
        await servers.StartAsync(node);
        return (wasAlive ? 1 : 0, $"killed {Name(node)} and started it again after {Words(pause)}");
    }

    private async Task<(int, string)> StopAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var struck = node.Stop();
        await PauseAsync(pause, end);
        return (struck && node.Continue() ? 1 : 0, $"stopped {Name(node)} for {Words(pause)}");
    }

    /// <summary>The nodes of a cluster one after the other, as an upgrade does.</summary>
    private async Task<(int, string)> RestartAllAsync(Random random, CancellationToken end)
    {
        var struck = 0;
        foreach (var node in servers.Nodes)
        {
            struck += (await OnNodeAsync(RestartAsync, random, end, node)).Struck;
        }

        return (struck, struck == 0 ? "the server was being disturbed already"
            : servers.Nodes.Count == 1 ? "ended the server in order and started it again"
            : $"ended {struck} nodes in order, one after the other, and started each again");
    }

    private async Task<(int, string)> RestartAsync(ServerProcess node, Random random, CancellationToken end)
    {
        if (await node.EndAsync() is { } fault)
        {
            recorder.Trouble(fault);
        }

        await PauseAsync(plan.Pause(random) / 4, end);
        await servers.StartAsync(node);
        return (1, $"ended {Name(node)} in order and started it again");
    }

    private async Task<(int, string)> IsolateAsync(ServerProcess node, Random random, CancellationToken end)
    {
        if (!node.IsAlive)
        {
            return (0, "the node had ended");
        }

        var pause = plan.Pause(random);
        var struck = Ground.Isolate(node);
        await PauseAsync(pause, end);
        Ground.Reunite();
        return (struck, $"kept {Name(node)} and the others from hearing of each other for {Words(pause)}");
    }

    private async Task<(int, string)> CutOffDatabaseAsync(ServerProcess node, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var struck = Ground.CutOffDatabase(node);
        await PauseAsync(pause, end);
        Ground.ReachDatabase(node);
        return (struck, $"let nothing pass between {Name(node)} and the database for {Words(pause)}");
    }

    private Task<(int Struck, string What)> CrashAsync(EngineProcess engine, string name, Random random, CancellationToken end) =>
        OneAsync([engine], _ => Ground.Gate, _ => CrashAndStartAsync(engine, name, random, end), random, "an engine was being disturbed already");

    private async Task<(int, string)> CrashAndStartAsync(EngineProcess engine, string name, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random) / 2;
        await engine.CrashAsync();
        await PauseAsync(pause, end);
        await engine.StartAsync();
        return (1, $"crashed {name} and started it again after {Words(pause)}");
    }
}

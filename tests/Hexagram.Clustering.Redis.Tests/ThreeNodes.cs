using System.Net;
using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Proxy;
using Hexagram.Chaos.Runs;
using Hexagram.Processes;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>
/// Three servers as processes over a real PostgreSQL and a real Redis, all of them this test's own, with a relay on every link.
/// </summary>
public class ThreeNodes : IAsyncLifetime
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const string Dead = "has left, or has been declared dead";
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Rarer than a test is long: what a test sees in time did not wait for it.</summary>
    private const string HeartbeatRare = "10m";

    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-nodes-").FullName;
    private readonly FaultProxy _proxy = new();
    private ServerGroup? _group;
    private int _people;

    internal IReadOnlyList<ServerProcess> Nodes => _group!.Nodes;

    internal ClusterGround Ground => _group!.Ground!;

    private protected virtual string Heartbeat => HeartbeatRare;

    private protected virtual IEnumerable<EngineProcess> Engines => [Ground.Database, Ground.Redis];

    /// <summary>The program as the nodes run it.</summary>
    internal ChaosProgram Program => ProgramOf(Heartbeat);

    /// <summary>The program with this heartbeat.</summary>
    internal static ChaosProgram ProgramOf(string heartbeat) => new()
    {
        FileName = "dotnet",
        FirstWords = [Path.Combine(AppContext.BaseDirectory, "hexagram.dll")],
        Environment = new Dictionary<string, string> { ["HEXAGRAM__ROUTER__HEARTBEAT"] = heartbeat },
        ServerWords = data => ["serve", "--json", "--data", data, "--tcp", "127.0.0.1:0", "--http", "http://127.0.0.1:0"],
        ClientWords = [],
        IssueToken = (data, user) => new TokenIssuer(SigningKey.Open(Path.Combine(data, "token.key")), TimeProvider.System).Issue(user, TimeSpan.FromHours(1)),
        OpenStore = _ => throw new NotSupportedException("Nobody looks into the store here."),
    };

    public virtual async ValueTask InitializeAsync()
    {
        _group = await PrepareAsync(_folder, _proxy);
        await _group.StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await (_group?.DisposeAsync() ?? default);
        await _proxy.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes good what an earlier test has left behind: all live, and nothing is between them.</summary>
    internal async Task MendAsync()
    {
        await ReuniteAsync();
        foreach (var engine in Engines.Where(engine => !engine.IsAlive))
        {
            await engine.StartAsync();
        }

        foreach (var node in Nodes)
        {
            if (node.IsStopped)
            {
                await node.KillAsync();
            }

            if (!node.IsAlive)
            {
                await StartAsync(node);
            }
        }
    }

    /// <summary>Starts a node that has ended.</summary>
    internal Task StartAsync(ServerProcess node) => _group!.StartAsync(node);

    /// <summary>Somebody whom no other test knows.</summary>
    internal string Somebody(string name) => $"{name}{Interlocked.Increment(ref _people)}";

    /// <summary>Somebody new with a client that is connected to this node, and stays where it is until it is told otherwise.</summary>
    internal async Task<Person> OpenAsync(string name, ServerProcess node, string device = "phone") => await OpenAsync(new UserId(Somebody(name)), node, device);

    /// <summary>The same for somebody who is known; with another device, or with the same.</summary>
    internal async Task<Person> OpenAsync(UserId user, ServerProcess node, string device = "phone")
    {
        var person = Prepare(user, device);
        await person.OpenAsync(node);
        await person.Client.WhenConnectedAsync().WaitAsync(Patience);
        return person;
    }

    /// <summary>The same, without a client yet.</summary>
    internal Person Prepare(UserId user, string device = "phone") => new(user, device, Program.IssueToken(_group!.Data, user), this);

    /// <summary>Where the other nodes reach this one, which is what they call it.</summary>
    internal virtual IPEndPoint NameOf(ServerProcess node) => Ground.NameOf(node);

    /// <summary>Nothing passes between this node and the others, either way.</summary>
    internal virtual Task IsolateAsync(ServerProcess node)
    {
        Assert.True(Ground.Isolate(node) > 0);
        return Task.CompletedTask;
    }

    /// <summary>Ends <see cref="IsolateAsync"/>.</summary>
    internal virtual Task ReuniteAsync()
    {
        Ground.Reunite();
        return Task.CompletedTask;
    }

    /// <summary>How many nodes this one has been told are dead, in this and its earlier lives.</summary>
    internal static int Deaths(ServerProcess seenBy) => LogOf(seenBy).Count(line => line.Contains(Dead, StringComparison.Ordinal));

    /// <summary>Completes when a node has been told that another, in its present life, is dead.</summary>
    internal async Task WhenDeclaredDeadAsync(ServerProcess node, ServerProcess seenBy)
    {
        var name = $"Node S{NameOf(node)}:";
        var before = LogOf(seenBy).Count();
        await UntilAsync(() => LogOf(seenBy).Skip(before).Any(line => line.Contains(name, StringComparison.Ordinal) && line.Contains(Dead, StringComparison.Ordinal)), $"{name} to be declared dead");
    }

    /// <summary>Completes when it has ended by itself, because the others have declared it dead.</summary>
    internal static async Task WhenLostAsync(ServerProcess node)
    {
        await UntilAsync(() => !node.IsAlive, "a node to end");
        Assert.Equal(ServerProcess.LostExitCode, node.ExitCode);
    }

    internal static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(LookEvery);
        while (!holds())
        {
            Assert.False(patience.IsCancellationRequested, $"waited in vain for {what}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>The nodes, and all that they stand on but what their group starts itself.</summary>
    private protected virtual Task<ServerGroup> PrepareAsync(string folder, FaultProxy proxy) =>
        Task.FromResult(new ServerGroup(new ChaosSettings { Nodes = 3, Folder = folder, Program = Program }, proxy));

    private static IEnumerable<string> LogOf(ServerProcess node)
    {
        using var log = new StreamReader(new FileStream(Path.Combine(Path.GetDirectoryName(node.Data)!, "server.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (log.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    internal IPEndPoint PlaceOf(ServerProcess node) => _group!.PlaceOf(node);
}

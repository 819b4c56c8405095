using System.Net;
using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Proxy;
using Hexagram.Processes;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Three nodes that compare with the store every second, PostgreSQL and Redis, each at a place of its own in a real network.</summary>
public sealed class NetworkedNodes : ThreeNodes
{
    private const int MembersPort = 7090;

    /// <summary>Only root can make them, and they are made with <c>HEXAGRAM_LONG=1</c>.</summary>
    public static readonly bool AreWanted = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1";

    private readonly Dictionary<ServerProcess, Place> _places = [];
    private PostgresProcess? _database;
    private RedisProcess? _redis;

    internal PrivateNetwork Network { get; } = new();

    internal Place Database { get; private set; } = null!;

    private protected override string Heartbeat => "1s";

    private protected override IEnumerable<EngineProcess> Engines => [_database!, _redis!];

    public override async ValueTask InitializeAsync()
    {
        if (!AreWanted)
        {
            return;
        }

        Assert.True(Environment.IsPrivilegedProcess, "With HEXAGRAM_LONG=1 these tests make network namespaces, and only root can do that. Run them as root.");
        try
        {
            await base.InitializeAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await (_database?.DisposeAsync() ?? default);
        await (_redis?.DisposeAsync() ?? default);
        await base.DisposeAsync();
        if (AreWanted)
        {
            await Network.DisposeAsync();
        }
    }

    internal Place At(ServerProcess node) => _places[node];

    internal override IPEndPoint NameOf(ServerProcess node) => new(At(node).Address, MembersPort);

    internal override async Task IsolateAsync(ServerProcess node)
    {
        foreach (var other in Nodes.Where(other => other != node))
        {
            await Network.LoseAsync(At(node), At(other));
            await Network.LoseAsync(At(other), At(node));
        }
    }

    internal override Task ReuniteAsync() => Network.MendAsync();

    private protected override async Task<ServerGroup> PrepareAsync(string folder, FaultProxy proxy)
    {
        await Network.StartAsync();
        Database = await Network.AddAsync("database");
        var members = await Network.AddAsync("redis");
        _database = new PostgresProcess(Path.Combine(folder, "postgres")) { EndPoint = new(Database.Address, 5432), Within = Database.Within };
        _redis = new RedisProcess(Path.Combine(folder, "redis")) { EndPoint = new(members.Address, 6379), Within = members.Within };
        await Task.WhenAll(_database.StartAsync(), _redis.StartAsync());
        foreach (var name in (string[])["first", "second", "third"])
        {
            var place = await Network.AddAsync(name);
            _places[new ServerProcess(At(place), Directory.CreateDirectory(Path.Combine(folder, name)).FullName)] = place;
        }

        return new ServerGroup([.. _places.Keys], proxy);
    }

    private HexagramProgram At(Place place) => Program with
    {
        FileName = place.Within[0],
        FirstWords = [.. place.Within.Skip(1), Program.FileName, .. Program.FirstWords],
        ServerWords = data =>
        [
            "serve", "--json", "--data", data, "--tcp", $"{place.Address}:7000", "--http", "none", "--allow-remote", "--cluster", $"{place.Address}:{MembersPort}",
            "--postgres", _database!.ConnectionString(), "--redis", $"{_redis!.EndPoint}",
        ],
    };
}

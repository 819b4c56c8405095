using System.Globalization;
using System.Net;
using System.Text.Json;
using Hexagram.Processes;

namespace Hexagram.Chaos.Nodes;

/// <summary>
/// What the nodes of a run stand on: PostgreSQL, Redis, and the links between all of them, each of which goes through a relay, so that it can fail by itself.
/// </summary>
internal sealed class ClusterGround : IAsyncDisposable
{
    private readonly List<NodeLinks> _links = [];

    /// <summary>Two engines in this folder, not started yet.</summary>
    public ClusterGround(string folder)
    {
        Database = new PostgresProcess(Path.Combine(folder, "postgres"));
        Redis = new RedisProcess(Path.Combine(folder, "redis"));
    }

    /// <summary>The mailboxes.</summary>
    public PostgresProcess Database { get; }

    /// <summary>The table of members.</summary>
    public RedisProcess Redis { get; }

    /// <summary>Held by whoever ends or starts an engine.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>Starts both.</summary>
    public Task StartAsync() => Task.WhenAll(Database.StartAsync(), Redis.StartAsync());

    /// <summary>Makes the links of a node, and writes its settings into its data folder.</summary>
    public void Connect(ServerProcess node)
    {
        var listen = FreePort.Next();
        var links = new NodeLinks(node, listen, Database.EndPoint, Redis.EndPoint, OwnerOf);
        _links.Add(links);
        Directory.CreateDirectory(node.Data);
        var settings = new
        {
            Cluster = new { Address = links.Members.EndPoint.ToString(), Listen = listen.ToString(), Name = "chaos" },
            Postgres = new { ConnectionString = Database.ConnectionString(links.Database.EndPoint) },
            Redis = new { ConnectionString = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{links.Redis.EndPoint.Port}") },
        };
        File.WriteAllText(Path.Combine(node.Data, "hexagram.json"), JsonSerializer.Serialize(settings));
    }

    /// <summary>Where the other nodes reach this one, which is what they call it.</summary>
    public IPEndPoint NameOf(ServerProcess node) => LinksOf(node).Members.EndPoint;

    /// <summary>Nothing passes between this node and the others, either way.</summary>
    /// <returns>How many connections stand still by this.</returns>
    public int Isolate(ServerProcess node)
    {
        var id = node.Id;
        return _links.Sum(links => links.Members.Silence(links.Node == node ? static _ => true : owner => owner == id));
    }

    /// <summary>Ends <see cref="Isolate"/>.</summary>
    public void Reunite() => _links.ForEach(links => links.Members.Open());

    /// <summary>Nothing passes between this node and the database.</summary>
    /// <returns>As <see cref="Isolate"/>.</returns>
    public int CutOffDatabase(ServerProcess node) => LinksOf(node).Database.Silence(static _ => true);

    /// <summary>Ends <see cref="CutOffDatabase"/>.</summary>
    public void ReachDatabase(ServerProcess node) => LinksOf(node).Database.Open();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var links in _links)
        {
            await links.DisposeAsync();
        }

        await Database.DisposeAsync();
        await Redis.DisposeAsync();
        Gate.Dispose();
    }

    private NodeLinks LinksOf(ServerProcess node) => _links.Find(links => links.Node == node)!;

    private int? OwnerOf(IPEndPoint place) => SocketOwner.Of(place.Port, _links.Select(links => links.Node.IdWhileAlive).OfType<int>());
}

/// <summary>The relays that lead to and from one node.</summary>
internal sealed class NodeLinks(ServerProcess node, IPEndPoint listen, IPEndPoint database, IPEndPoint redis, Func<IPEndPoint, int?> ownerOf) : IAsyncDisposable
{
    /// <summary>Whose.</summary>
    public ServerProcess Node => node;

    /// <summary>How the other nodes reach it.</summary>
    public Relay Members { get; } = new(listen, ownerOf);

    /// <summary>How it reaches PostgreSQL.</summary>
    public Relay Database { get; } = new(database);

    /// <summary>How it reaches Redis.</summary>
    public Relay Redis { get; } = new(redis);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Members.DisposeAsync();
        await Database.DisposeAsync();
        await Redis.DisposeAsync();
    }
}

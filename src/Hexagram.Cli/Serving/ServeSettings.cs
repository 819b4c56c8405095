using System.Net;
using Hexagram.Clustering.Redis;
using Hexagram.Server.Configuration;
using Hexagram.Server.Options;
using Hexagram.Storage.Postgres;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Hexagram.Cli.Serving;

/// <summary>
/// Everything that <c>serve</c> can be told, from the command line, the environment and a file, in this order of precedence.
/// </summary>
internal sealed record ServeSettings
{
    /// <summary>What is no setting of the server's parts: it follows from something else.</summary>
    private static readonly HashSet<string> Derived = new(StringComparer.OrdinalIgnoreCase)
    {
        "Access:SigningKeyFile",
        "Store:Folder",
        "Store:Forgetting:Horizon",
    };

    /// <summary>The server's folder.</summary>
    public required DataFolder Data { get; init; }

    /// <summary>The gateway, the router and the rest.</summary>
    public required ServerOptions Server { get; init; }

    /// <summary>The store in the data folder.</summary>
    public required RocksDbStoreOptions Store { get; init; }

    /// <summary>The store in PostgreSQL instead; null: that in the data folder.</summary>
    public required PostgresStoreOptions? Postgres { get; init; }

    /// <summary>Where the members of the cluster are written down; null: there is no other node.</summary>
    public required string? Redis { get; init; }

    /// <summary>Who may see the page about the cluster; null: nobody.</summary>
    public required string? DashboardKey { get; init; }

    /// <summary>What is logged.</summary>
    public required LogOptions Log { get; init; }

    /// <summary>No other machine can reach it.</summary>
    public bool IsForThisMachineOnly => IPAddress.IsLoopback(Server.Listen.Tcp.Address) && (Server.Listen.Http is not { } http || IPAddress.IsLoopback(http.Address));

    /// <summary>The same at those places: a server that starts again is found where it was, also if any port had done.</summary>
    public ServeSettings With(IPEndPoint tcp, IPEndPoint? http) => this with { Server = Server with { Listen = Server.Listen with { Tcp = tcp, Http = http } } };

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="words">What the command line says, by the names of the settings; null for what it does not say.</param>
    /// <param name="file">The file that the command line names, or null.</param>
    /// <param name="surroundings">The process.</param>
    /// <exception cref="CommandFailure">Something cannot be meant; all of it is named.</exception>
    public static ServeSettings Load(IReadOnlyDictionary<string, string?> words, string? file, Surroundings surroundings) =>
        Read(SettingsLayers.Find(words, file, surroundings).Build());

    /// <summary>The same, and for each setting what it is and where that comes from.</summary>
    /// <exception cref="CommandFailure">As <see cref="Load"/>.</exception>
    public static (ServeSettings Settings, string? File, IReadOnlyList<EffectiveSetting> Effective) Explain(
        IReadOnlyDictionary<string, string?> words, string? file, Surroundings surroundings)
    {
        var layers = SettingsLayers.Find(words, file, surroundings);
        return (Read(layers.Build()), layers.File, [.. Describe().Select(layers.Explain)]);
    }

    /// <summary>Every setting by name, with its default, for the documentation.</summary>
    public static IEnumerable<Setting> Describe() => SettingsReader.Describe(new Tree(), Derived);

    private static ServeSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader();
        var tree = reader.Read(configuration, new Tree(), Derived);
        var data = new DataFolder(tree.Data);
        var server = tree.Server with { Access = tree.Server.Access with { SigningKeyFile = data.KeyFile } };
        var store = tree.Store with { Folder = data.Mailboxes, Forgetting = tree.Store.Forgetting with { Horizon = server.Horizon } };
        var postgres = tree.Postgres.With(store, server.ForgetEvery);
        var faults = reader.Faults
            .Concat(new ServerOptionsValidator().Validate(null, server).Failures ?? [])
            .Concat(store.Fault() is { } fault ? [$"Store: {fault}"] : [])
            .Concat(postgres?.Fault() is { } unfit ? [$"Postgres: {unfit}"] : [])
            .Concat(FaultsOfCluster(tree))
            .ToList();
        return faults.Count == 0
            ? new ServeSettings { Data = data, Server = server, Store = store, Postgres = postgres, Redis = tree.Redis.ConnectionString, DashboardKey = tree.Dashboard.Key, Log = tree.Log }
            : throw CommandFailure.Usage(string.Join('\n', faults));
    }

    /// <summary>Three settings make a cluster, and each alone would make something else than was meant.</summary>
    private static IEnumerable<string> FaultsOfCluster(Tree tree)
    {
        var (redis, address, postgres) = (tree.Redis.ConnectionString, tree.Server.Cluster.Address, tree.Postgres.ConnectionString);
        if (redis is null != address is null)
        {
            yield return "Redis.ConnectionString (--redis) and Cluster.Address (--cluster) go together: where the members are written down, and where this one is reached.";
        }

        if ((redis ?? address?.ToString()) is not null && postgres is null)
        {
            yield return "A cluster needs mailboxes that all its nodes share: set Postgres.ConnectionString (--postgres).";
        }

        if (redis is not null && RedisMembershipExtensions.Fault(redis) is { } fault)
        {
            yield return $"Redis.ConnectionString: {fault}";
        }

        if (tree.Dashboard.Key is { } key && (redis is null || tree.Server.Listen.Http is null || key.Length < DashboardSettings.KeyLengthMin))
        {
            yield return $"Dashboard.Key is set: it needs {DashboardSettings.KeyLengthMin} characters or more, a cluster (--redis), and a place for HTTP (--http).";
        }
    }

    /// <summary>The settings as they are named: those of the server beside those of the store.</summary>
    private sealed record Tree
    {
        /// <summary>The server's data folder: its mailboxes, the key of its tokens, and <c>hexagram.json</c> if it is there.</summary>
        public string Data { get; init; } = DataFolder.Default;

        [Inline]
        public ServerOptions Server { get; init; } = new();

        public RocksDbStoreOptions Store { get; init; } = new() { Folder = "" };

        public PostgresSettings Postgres { get; init; } = new();

        public RedisSettings Redis { get; init; } = new();

        public DashboardSettings Dashboard { get; init; } = new();

        public LogOptions Log { get; init; } = new();
    }
}

/// <summary>The table of a cluster's members.</summary>
internal sealed record RedisSettings
{
    /// <summary>How to reach Redis, such as `localhost:6379` or `redis-1,redis-2,password=…,ssl=true`. Not set: there is no other node.</summary>
    public string? ConnectionString { get; init; }
}

/// <summary>Orleans' own page about the cluster, for its administrators.</summary>
internal sealed record DashboardSettings
{
    /// <summary>It cannot be guessed.</summary>
    public const int KeyLengthMin = 16;

    /// <summary>Who knows this may see the page /dashboard: as the password of any name in a browser, or as Authorization: Bearer. Not set: there is no such page.</summary>
    public string? Key { get; init; }
}

/// <summary>What a server logs.</summary>
internal sealed record LogOptions
{
    /// <summary>The least level of the server's own log.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>The least level of the libraries that it is built on.</summary>
    public LogLevel Libraries { get; init; } = LogLevel.Warning;
}

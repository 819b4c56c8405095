using System.Data.Common;
using Hexagram.Client.Data.Stores;
using Hexagram.Client.Stores;

namespace Hexagram.Client.Data;

/// <summary>
/// Outbox and inbox in the application's own database, so that messages and data are committed together. One store is one device of one user; one database
/// may hold many, told apart by their names. One client at a time has a store open; any process may enqueue into it with a <see cref="HexagramOutbox"/>.
/// </summary>
/// <example>
/// <code>
/// var store = new DatabaseClientStore(NpgsqlDataSource.Create("Host=…"), SqlDialect.PostgreSql, "shop");
/// await using var client = await HexagramClient.OpenAsync(new() { Server = server, Token = token, Store = store });
/// await client.SendAsync("bob", "your order has left", transaction);
/// </code>
/// </example>
public sealed class DatabaseClientStore : ClientStore
{
    private readonly DbDataSource _dataSource;

    /// <summary>A store over this database.</summary>
    /// <param name="dataSource">
    /// Where to connect: <c>NpgsqlDataSource.Create(…)</c>, or <c>SqliteFactory.Instance.CreateDataSource(…)</c>. The client holds one connection for as long as it is
    /// open, so it must lead to the server itself and not to a pooler that lends sessions. The tables, their names begin with <c>hexagram_</c>, are made in its
    /// default schema.
    /// </param>
    /// <param name="dialect">Which database it is.</param>
    /// <param name="name">The store's name, of 1 to 100 characters.</param>
    public DatabaseClientStore(DbDataSource dataSource, SqlDialect dialect, string name)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(dialect);
        if (string.IsNullOrEmpty(name) || name.Length > 100 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' cannot be the name of a store: 1 to 100 characters, without zeros.", nameof(name));
        }

        _dataSource = dataSource;
        Dialect = dialect;
        Name = name;
        Outbox = new HexagramOutbox(dialect, name);
    }

    /// <summary>Which database it is.</summary>
    public SqlDialect Dialect { get; }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    /// <summary>Enqueues into this store.</summary>
    public HexagramOutbox Outbox { get; }

    /// <summary>
    /// How often to look for messages that other processes have enqueued. What this process enqueues with a client is looked for sooner. More than zero.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long to wait for the last owner's lock: a server may need a moment to notice that its process has ended. SQLite does not wait. More than zero.
    /// </summary>
    public TimeSpan OwnerPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Makes the tables and the store, if they are not there: for a process that enqueues before the client has been opened for the first time.</summary>
    /// <exception cref="ClientStoreException">A newer version made the tables.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken = default) => Task.Run(
        () =>
        {
            using var connection = _dataSource.OpenConnection();
            Dialect.Prepare(connection);
            DatabaseSchema.Prepare(connection, Dialect, Name);
        },
        cancellationToken);

    internal override IClientStore Open(HexagramClientOptions options)
    {
        if (PollInterval <= TimeSpan.Zero || OwnerPatience <= TimeSpan.Zero)
        {
            throw new ArgumentException($"{nameof(PollInterval)} and {nameof(OwnerPatience)} are more than zero.");
        }

        return DatabaseStore.Open(this, _dataSource, options);
    }
}

using Hexagram.Storage.Postgres;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Cli.Serving;

/// <summary>The mailboxes in PostgreSQL instead of the data folder. Limits and forgetting are those of the store, wherever it is.</summary>
internal sealed record PostgresSettings
{
    private static readonly PostgresStoreOptions Usual = new() { ConnectionString = "" };

    /// <summary>How to reach the database, such as `Host=db;Database=chat;Username=hexagram;Password=…`; several hosts with commas between, of which the one that takes writes is used. Not set: mailboxes are in the data folder.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The schema that holds the tables; made if it does not exist.</summary>
    public string Schema { get; init; } = Usual.Schema;

    /// <summary>How many batches are written at a time, over a connection each. 1 to 64.</summary>
    public int Writers { get; init; } = Usual.Writers;

    /// <summary>How many batches are read at a time, over a connection each. 1 to 64.</summary>
    public int Readers { get; init; } = Usual.Readers;

    /// <summary>The size of the database, in bytes, from which on senders are told to retry later. 0: no bound but its disk.</summary>
    public long DatabaseBytesMax { get; init; } = Usual.DatabaseBytesMax;

    /// <summary>What the store is opened with; null when it is not in PostgreSQL.</summary>
    public PostgresStoreOptions? With(RocksDbStoreOptions store, TimeSpan forgetEvery) => ConnectionString is null ? null : new PostgresStoreOptions
    {
        ConnectionString = ConnectionString,
        Schema = Schema,
        Limits = store.Limits,
        Forgetting = store.Forgetting,
        ForgetEvery = forgetEvery,
        Writers = Writers,
        Readers = Readers,
        BatchItemsMax = store.BatchItemsMax,
        BatchBytesMax = store.BatchBytesMax,
        DatabaseBytesMax = DatabaseBytesMax,
    };
}

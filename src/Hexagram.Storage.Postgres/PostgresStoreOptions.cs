using Npgsql;

namespace Hexagram.Storage.Postgres;

/// <summary>Which database a store lives in and what it may use there.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>
    /// How to reach the database, in Npgsql's words. Several hosts may be named: the one that takes writes is used, so that a standby that is promoted takes over.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// Whose connections are used instead of own ones; it stays with whoever made it. <see cref="ConnectionString"/> is then what that says, without the password:
    /// see <see cref="Over"/>.
    /// </summary>
    public NpgsqlDataSource? DataSource { get; init; }

    /// <summary>The schema that holds the store's tables and functions; it is made if it does not exist. 1 to 48 small letters, digits and underscores.</summary>
    public string Schema { get; init; } = "hexagram";

    /// <summary>How much a mailbox may hold.</summary>
    public MailboxLimits Limits { get; init; } = new();

    /// <summary>When a mailbox may forget.</summary>
    public ForgettingPolicy Forgetting { get; init; } = new();

    /// <summary>
    /// How often each server asks the store to forget. One does it for all: who asks while another is at it, or less than nine tenths of this after one has begun, has
    /// nothing to do. 0: whoever asks and finds nobody at it does it. Not negative.
    /// </summary>
    public TimeSpan ForgetEvery { get; init; }

    /// <summary>How many batches are written at a time, each for its own part of the mailboxes, over a connection each. 1 to 64.</summary>
    public int Writers { get; init; } = 4;

    /// <summary>How many batches are read at a time, over a connection each. 1 to 64.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>The most items of one batch. 1 to 65,536.</summary>
    public int BatchItemsMax { get; init; } = 4_096;

    /// <summary>The bytes of bodies beyond which a batch takes no further item. 1 or more.</summary>
    public int BatchBytesMax { get; init; } = 16 << 20;

    /// <summary>
    /// The size of the whole database, in bytes, from which on appends are told to retry later (<c>DiskReserve</c>), so that confirmations and forgetting still have
    /// room: a database does not say how large its disk is. 0: no bound but the disk itself. Measured about once in two seconds.
    /// </summary>
    public long DatabaseBytesMax { get; init; }

    /// <summary>The most connections that are open at a time.</summary>
    internal int Connections => Writers + Readers + FurtherConnections;

    // What is asked beside batches: forgetting, the database's size, and whether it is there again.
    private const int FurtherConnections = 4;

    /// <summary>Options for a store over the connections of a data source, which must let it have <see cref="Writers"/> + <see cref="Readers"/> + 4 at a time.</summary>
    public static PostgresStoreOptions Over(NpgsqlDataSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new PostgresStoreOptions { ConnectionString = source.ConnectionString, DataSource = source };
    }

    /// <summary>Says what is wrong with the options, or null when they can be used.</summary>
    public string? Fault() => this switch
    {
        { ConnectionString: null or "" } => "The store's ConnectionString is not set.",
        { Schema: null or "" or { Length: > 48 } } => "Schema must have 1 to 48 characters.",
        _ when !Schema.All(character => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_') => $"Schema is '{Schema}'; it may hold small letters, digits and underscores.",
        { Writers: < 1 or > 64 } => $"Writers is {Writers}; it must be 1 to 64.",
        { Readers: < 1 or > 64 } => $"Readers is {Readers}; it must be 1 to 64.",
        { BatchItemsMax: < 1 or > 65_536 } => $"BatchItemsMax is {BatchItemsMax}; it must be 1 to 65536.",
        { BatchBytesMax: < 1 } => $"BatchBytesMax is {BatchBytesMax}; it must be 1 or more.",
        _ when ForgetEvery < TimeSpan.Zero => $"ForgetEvery is {ForgetEvery}; it must not be negative.",
        { DatabaseBytesMax: < 0 } => $"DatabaseBytesMax is {DatabaseBytesMax}; it must be 0 or more.",
        _ => ConnectionFault() ?? Limits.Fault() ?? Forgetting.Fault(),
    };

    /// <summary>What to call the database in a message: never its password.</summary>
    public string Describe()
    {
        var words = new NpgsqlConnectionStringBuilder(ConnectionString);
        return $"{words.Database ?? words.Username} at {words.Host}";
    }

    private string? ConnectionFault()
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(ConnectionString) switch
            {
                { Host: null } => "The store's ConnectionString names no Host.",
                _ when DataSource is null => null,
                { Pooling: true } words when words.MaxPoolSize < Connections => $"The data source has {words.MaxPoolSize} connections at most; the store needs {Connections} (Maximum Pool Size).",
                { Pooling: true, NoResetOnClose: true } => "The data source does not reset its connections (No Reset On Close); what the store sets there would stay.",
                { Multiplexing: true } => "The data source sends what belongs together over several connections (Multiplexing); the store needs them one by one.",
                _ => null,
            };
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            return $"The store's ConnectionString cannot be understood: {fault.Message}";
        }
    }
}

using Npgsql;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>The connections to the database: always to the server that takes writes, also for reads, or a reader would be told of less than was answered.</summary>
internal sealed class DatabaseLink : IAsyncDisposable, IDisposable
{
    private const int SecondsPerConnecting = 5;
    private const int StatementsKept = 32;
    private const int StatementUsesBeforeKept = 2;

    private readonly NpgsqlDataSource _source;

    // Only where several hosts are named: then the one that takes writes is looked for.
    private readonly NpgsqlMultiHostDataSource? _hosts;

    private readonly bool _isOwn;

    // Says where names are looked for, on each connection of somebody else's that does not do so by itself; null where it does.
    private readonly string? _enterSchema;

    internal DatabaseLink(PostgresStoreOptions options)
    {
        _isOwn = options.DataSource is null;
        var source = options.DataSource ?? Build(options);
        _hosts = source as NpgsqlMultiHostDataSource;
        _source = _hosts?.WithTargetSession(TargetSessionAttributes.Primary) ?? source;
        _enterSchema = _isOwn || new NpgsqlConnectionStringBuilder(source.ConnectionString).SearchPath == options.Schema ? null : $"SET search_path = {options.Schema}";
    }

    /// <summary>An open connection.</summary>
    internal async ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken = default)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken);
        if (_enterSchema is null)
        {
            return connection;
        }

        try
        {
#pragma warning disable CA2100 // The schema's name was checked with the options.
            await using var command = new NpgsqlCommand(_enterSchema, connection);
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of idle connections, which may lead to a server that is none any more.</summary>
    internal void LetGo()
    {
        (_hosts ?? _source).Clear();
        LookAgain();
    }

    /// <summary>Forgets which host seemed away: Npgsql thinks so of one whose disk is full.</summary>
    internal void LookAgain() => _hosts?.ClearDatabaseStates();

    public async ValueTask DisposeAsync()
    {
        if (_isOwn)
        {
            await _source.DisposeAsync();
            await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    public void Dispose()
    {
        if (_isOwn)
        {
            _source.Dispose();
            _hosts?.Dispose();
        }
    }

    private static NpgsqlDataSource Build(PostgresStoreOptions options)
    {
        var builder = new NpgsqlDataSourceBuilder(options.ConnectionString);
        var words = builder.ConnectionStringBuilder;
        words.SearchPath = options.Schema;
        words.MaxPoolSize = options.Connections;

        // One stays open while there is nothing to do, so that whoever is to stop all servers sees that this one runs.
        words.MinPoolSize = Math.Clamp(words.MinPoolSize, 1, options.Connections);
        words.Enlist = false;
        words.IncludeErrorDetail = false;
        words.ApplicationName ??= "hexagram";
        var usual = new NpgsqlConnectionStringBuilder();
        words.Timeout = words.Timeout == usual.Timeout ? SecondsPerConnecting : words.Timeout;

        // Every statement comes again and again; without a plan that stays, planning would cost more than running.
        words.MaxAutoPrepare = words.MaxAutoPrepare == usual.MaxAutoPrepare ? StatementsKept : words.MaxAutoPrepare;
        words.AutoPrepareMinUsages = StatementUsesBeforeKept;

        // A standby may have been promoted since; the usual ten seconds would make every failover last that long.
        words.HostRecheckSeconds = words.HostRecheckSeconds == usual.HostRecheckSeconds ? 1 : words.HostRecheckSeconds;
        return words.Host?.Contains(',', StringComparison.Ordinal) is true ? builder.BuildMultiHost() : builder.Build();
    }
}

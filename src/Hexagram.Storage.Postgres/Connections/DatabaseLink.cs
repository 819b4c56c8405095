using Npgsql;

namespace Hexagram.Storage.Postgres.Connections;

/// <summary>The connections to the database: always to the server that takes writes, also for reads, or a reader would be told of less than was answered.</summary>
internal sealed class DatabaseLink : IAsyncDisposable
{
    // What is asked beside batches: forgetting, the database's size, and whether it is there again.
    private const int FurtherConnections = 4;

    private const int SecondsPerConnecting = 5;
    private const int StatementsKept = 32;
    private const int StatementUsesBeforeKept = 2;

    private readonly NpgsqlDataSource _source;

    // Only where several hosts are named: then the one that takes writes is looked for.
    private readonly NpgsqlMultiHostDataSource? _hosts;

    internal DatabaseLink(PostgresStoreOptions options)
    {
        var builder = new NpgsqlDataSourceBuilder(options.ConnectionString);
        var words = builder.ConnectionStringBuilder;
        words.SearchPath = options.Schema;
        words.MaxPoolSize = options.Writers + options.Readers + FurtherConnections;
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
        if (words.Host?.Contains(',', StringComparison.Ordinal) is true)
        {
            _hosts = builder.BuildMultiHost();
            _source = _hosts.WithTargetSession(TargetSessionAttributes.Primary);
        }
        else
        {
            _source = builder.Build();
        }
    }

    /// <summary>An open connection.</summary>
    internal ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken = default) => _source.OpenConnectionAsync(cancellationToken);

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
        await _source.DisposeAsync();
        await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}

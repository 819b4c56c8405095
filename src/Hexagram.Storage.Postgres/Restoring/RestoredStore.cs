using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Schema;
using Hexagram.Storage.Postgres.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Restoring;

/// <summary>A store that was restored by PostgreSQL's own means, and has its new epoch.</summary>
/// <param name="Before">The epoch that it was restored with.</param>
/// <param name="Epoch">The new one.</param>
/// <param name="Mailboxes">How many mailboxes there are.</param>
/// <param name="Entries">How many entries can be read.</param>
/// <param name="NewestAt">When the newest of them was accepted; null when there is none.</param>
public sealed record RestoredStore(Epoch Before, Epoch Epoch, long Mailboxes, long Entries, DateTimeOffset? NewestAt)
{
    private const string Servers = """
        SELECT count(*), string_agg(DISTINCT coalesce(host(client_addr), 'this machine'), ', ')
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = current_setting('application_name')
        """;

    private const string Newest = "SELECT epoch FROM epochs ORDER BY ordinal DESC LIMIT 1";
    private const string Begin = "SELECT epoch FROM begin_epoch($1, $2)";

    // The newest of each mailbox is found by its key.
    private const string Contents = """
        SELECT count(*), coalesce(sum(m.last - m.first_available + 1), 0)::bigint,
            max((SELECT e.accepted_at FROM entries AS e WHERE e.user_id = m.user_id AND e.sequence = m.last))
        FROM mailboxes AS m
        """;

    /// <summary>
    /// Begins a new epoch in a database that was restored to an older state, so that clients see that its history may lack what the old one had, and send that again. To
    /// be called once after each restore, before the first server starts.
    /// </summary>
    /// <exception cref="ArgumentException">The options cannot be used; the message says which and why.</exception>
    /// <exception cref="StoreUnavailableException">There is no store, servers work with it, or it cannot be written; nothing has changed then.</exception>
    public static async Task<RestoredStore> FinishAsync(PostgresStoreOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        await using var link = new DatabaseLink(options);
        try
        {
            await using var connection = await link.ConnectAsync();
            await Migrations.ThrowIfUnknownAsync(connection, options.Schema);
            await ThrowIfServedAsync(connection);
            await Migrations.RunAsync(connection, options.Schema, time);
            return await FinishAsync(connection, time);
        }
        catch (Exception cause) when (cause is NpgsqlException or InvalidDataException or StoreUnavailableException)
        {
            throw new StoreUnavailableException($"The restore of the database {options.Describe()} is not finished: {cause.Message}", cause);
        }
    }

    private static async Task ThrowIfServedAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Servers, connection);
        await using var reader = await command.ExecuteReaderAsync();
        if (await reader.ReadAsync() && reader.GetInt64(0) is > 0 and var count)
        {
            throw new StoreUnavailableException($"servers work with it ({count} connections, from {reader.GetString(1)}). Stop all of them first.");
        }
    }

    private static async Task<RestoredStore> FinishAsync(NpgsqlConnection connection, TimeProvider time)
    {
        var here = await Home.HereAsync(connection);
        await using var transaction = await connection.BeginTransactionAsync();
        await using var before = new NpgsqlCommand(Newest, connection);
        var old = await before.ExecuteScalarAsync() is long number ? number.ToEpoch() : throw new InvalidDataException("There is no epoch in its tables.");
        await using var begin = new NpgsqlCommand(Begin, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = BeginEpochWork.NewEpoch().ToNumber() },
                new NpgsqlParameter<long> { TypedValue = time.GetUtcNow().ToUnixTimeMilliseconds(), NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        };
        var epoch = await begin.ExecuteScalarAsync() is long begun ? begun.ToEpoch() : throw new InvalidDataException("No epoch could be begun.");
        await Home.MoveAsync(connection, here);
        await using var contents = new NpgsqlCommand(Contents, connection);
        RestoredStore restored;
        await using (var reader = await contents.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            restored = new RestoredStore(old, epoch, reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)));
        }

        await transaction.CommitAsync();
        return restored;
    }
}

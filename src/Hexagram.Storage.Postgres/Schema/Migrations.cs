using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Writing;
using Npgsql;

namespace Hexagram.Storage.Postgres.Schema;

/// <summary>
/// Makes the store's tables and brings them up to date, one version after the other. Servers that start together take turns; and a version is there as a whole or not
/// at all.
/// </summary>
internal static class Migrations
{
    /// <summary>The version that this program reads and writes.</summary>
    internal const int Version = 2;

    // The version that brought a memory of where the store is at home.
    private const int HomeVersion = 2;

    // What the turn is called in a database, which may hold other things: the first bytes of "hexagram".
    private const long Turn = 0x6865_7861_6772_616D;

    /// <summary>Does whatever is to be done.</summary>
    /// <exception cref="StoreUnavailableException">The tables are those of a later version.</exception>
    internal static async Task RunAsync(NpgsqlConnection connection, string schema, TimeProvider time)
    {
        if (await ReadVersionAsync(connection, schema) == Version)
        {
            return;
        }

        var here = await Home.HereAsync(connection);
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Turn})");
        await ExecuteAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {schema}");
        await ExecuteAsync(connection, $"CREATE TABLE IF NOT EXISTS {schema}.versions (version integer PRIMARY KEY, since timestamptz NOT NULL DEFAULT now())");
        var from = await ReadVersionAsync(connection, schema);
        ThrowIfLater(from, schema);
        for (var version = from + 1; version <= Version; version++)
        {
            await ExecuteAsync(connection, Script(version));
            await ExecuteAsync(connection, $"INSERT INTO {schema}.versions (version) VALUES ({version})");
            if (version == HomeVersion)
            {
                await Home.MoveAsync(connection, here);
            }
        }

        await using var first = new NpgsqlCommand($"INSERT INTO {schema}.epochs (ordinal, epoch, begun_at) VALUES (0, $1, $2) ON CONFLICT DO NOTHING", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = BeginEpochWork.NewEpoch().ToNumber() },
                new NpgsqlParameter<long> { TypedValue = time.GetUtcNow().ToUnixTimeMilliseconds() },
            },
        };
        await first.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    /// <summary>Sees that there are tables which this program can read.</summary>
    /// <exception cref="StoreUnavailableException">There are none, or they are those of a later version.</exception>
    internal static async Task ThrowIfUnknownAsync(NpgsqlConnection connection, string schema)
    {
        var version = await ReadVersionAsync(connection, schema);
        if (version == 0)
        {
            throw new StoreUnavailableException($"There is no mailbox store in its schema '{schema}'.");
        }

        ThrowIfLater(version, schema);
    }

    /// <summary>What a version is made with.</summary>
    internal static string Script(int version)
    {
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream($"{version:0000}.sql")
            ?? throw new InvalidOperationException($"There is no script for version {version}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void ThrowIfLater(int version, string schema)
    {
        if (version > Version)
        {
            throw new StoreUnavailableException(
                $"The tables in schema '{schema}' are of version {version}; this program knows versions up to {Version}. Start the program that made them, or a later one.");
        }
    }

    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, string schema)
    {
        await using var exists = new NpgsqlCommand($"SELECT to_regclass('{schema}.versions') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync() is not true)
        {
            return 0;
        }

        await using var command = new NpgsqlCommand($"SELECT coalesce(max(version), 0) FROM {schema}.versions", connection);
        return await command.ExecuteScalarAsync() is int version ? version : 0;
    }

#pragma warning disable CA2100 // The schema's name was checked with the options; the rest is this program's own.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
#pragma warning restore CA2100
}

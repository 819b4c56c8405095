using Npgsql;

namespace Hexagram.Storage.Postgres.Schema;

/// <summary>
/// In which database a store's history goes on. A dump that was restored, or a database that was copied, carries the name of the one it was taken from, and so betrays
/// itself: numbers that were handed out there after the dump would be handed out here again, for other messages. A base backup, and a standby, are the same database.
/// </summary>
internal static class Home
{
    private const string Remembered = "SELECT database FROM home";
    private const string Remember = "INSERT INTO home (database) VALUES ($1) ON CONFLICT (only_one) DO UPDATE SET database = excluded.database";
    private const string Number = "SELECT oid::text FROM pg_database WHERE datname = current_database()";
    private const string Cluster = "SELECT system_identifier::text FROM pg_control_system()";

    /// <summary>Whether the store's history goes on in the database that it is in.</summary>
    internal static async Task<bool> IsHereAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Remembered, connection);
        return await command.ExecuteScalarAsync() as string == await HereAsync(connection);
    }

    /// <summary>From now on it goes on here.</summary>
    /// <param name="connection">A connection, with a transaction if it is to be part of one.</param>
    /// <param name="here">What <see cref="HereAsync"/> said.</param>
    internal static async Task MoveAsync(NpgsqlConnection connection, string here)
    {
        await using var command = new NpgsqlCommand(Remember, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = here } } };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What this database is called, unlike any other anywhere. Not to be asked within a transaction, which it may spoil.</summary>
    internal static async Task<string> HereAsync(NpgsqlConnection connection)
    {
        await using var number = new NpgsqlCommand(Number, connection);
        var database = await number.ExecuteScalarAsync() as string;
        try
        {
            await using var cluster = new NpgsqlCommand(Cluster, connection);
            return $"{await cluster.ExecuteScalarAsync()}/{database}";
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedFunction)
        {
            // Where a provider keeps this to itself, the number alone must do: databases of the same number in two servers are taken for one.
            return $"/{database}";
        }
    }
}

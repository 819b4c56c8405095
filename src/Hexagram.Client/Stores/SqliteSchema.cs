using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>The tables of the client's file and their version, which stands in the file; a test freezes both.</summary>
internal static class SqliteSchema
{
    /// <summary>Written into every file. A file with a higher one is not opened.</summary>
    internal const int Version = 1;

    /// <summary>
    /// All tables. The names share a prefix because the application's tables may stand in the same file; for the same reason the
    /// version is a row of ours and not the file's user_version. Bodies stand apart, so that a state is raised without writing a body again.
    /// </summary>
    internal const string Tables = """
        CREATE TABLE hexagram_client (
            key   TEXT PRIMARY KEY,
            value NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE hexagram_outbox (
            number      INTEGER PRIMARY KEY,
            id          BLOB NOT NULL,
            recipient   TEXT NOT NULL,
            state       INTEGER NOT NULL,
            transmitted INTEGER NOT NULL,
            body_bytes  INTEGER NOT NULL
        );

        CREATE TABLE hexagram_outbox_body (
            number       INTEGER PRIMARY KEY,
            content_type TEXT,
            content      BLOB NOT NULL
        );

        CREATE TABLE hexagram_inbox (
            one          INTEGER PRIMARY KEY CHECK (one = 1),
            epoch        INTEGER NOT NULL,
            cursor       INTEGER NOT NULL,
            begun_sender TEXT,
            begun_id     BLOB
        );

        CREATE TABLE hexagram_seen (
            number INTEGER PRIMARY KEY,
            id     BLOB NOT NULL,
            sender TEXT NOT NULL,
            epoch  INTEGER NOT NULL,
            at     INTEGER NOT NULL
        );

        CREATE UNIQUE INDEX hexagram_seen_id ON hexagram_seen (id, sender);

        CREATE TABLE hexagram_set_aside (
            number       INTEGER PRIMARY KEY,
            id           BLOB NOT NULL,
            sender       TEXT NOT NULL,
            sequence     INTEGER NOT NULL,
            accepted_at  INTEGER NOT NULL,
            attempt      INTEGER NOT NULL,
            reason       TEXT NOT NULL,
            at           INTEGER NOT NULL,
            content_type TEXT,
            content      BLOB NOT NULL
        );

        INSERT INTO hexagram_inbox (one, epoch, cursor) VALUES (1, 0, 0);
        """;

    /// <summary>Makes the tables of a new file, or checks that this version can read those that are there.</summary>
    /// <exception cref="ClientStoreException">A newer version wrote the file.</exception>
    internal static void Prepare(SqliteConnection connection, string file)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        if (Scalar(connection, transaction, "SELECT count(*) FROM sqlite_master WHERE name = 'hexagram_client'") == 0)
        {
            Execute(connection, transaction, Tables);
            Execute(connection, transaction, $"INSERT INTO hexagram_client (key, value) VALUES ('version', {Version})");
        }
        else if (Scalar(connection, transaction, "SELECT value FROM hexagram_client WHERE key = 'version'") is var version and not Version)
        {
            throw new ClientStoreException($"{file} is of version {version}, and this client can read version {Version}. Use the version of Hexagram.Client that wrote it, or a newer one.");
        }

        transaction.Commit();
    }

    internal static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command.ExecuteScalar() is long value ? value : 0;
    }
}

using System.Data.Common;

namespace Hexagram.Client.Data.Stores;

/// <summary>The tables in the application's database and their version, which stands there; a test freezes both.</summary>
internal static class DatabaseSchema
{
    /// <summary>Written into every database. One with a higher version is not used.</summary>
    internal const long Version = 1;

    /// <summary>
    /// All tables; their prefix keeps them apart from the application's. A row of hexagram_client is a store: one device of one user. Bodies stand apart, so that a state is raised
    /// without writing a body again.
    /// </summary>
    internal static string Tables(SqlDialect dialect) => $"""
        CREATE TABLE hexagram_schema (
            version BIGINT NOT NULL
        );

        CREATE TABLE hexagram_client (
            store        TEXT PRIMARY KEY,
            device       TEXT,
            user_id      TEXT,
            connection   BIGINT NOT NULL,
            clock_offset BIGINT NOT NULL,
            owner        BIGINT NOT NULL,
            batch        BIGINT NOT NULL,
            epoch        BIGINT NOT NULL,
            cursor       BIGINT NOT NULL,
            begun_sender TEXT,
            begun_id     {dialect.Bytes}
        );

        CREATE TABLE hexagram_enqueued (
            place        {dialect.Identity},
            store        TEXT NOT NULL,
            ticket       {dialect.Bytes} NOT NULL,
            recipient    TEXT NOT NULL,
            content_type TEXT,
            content      {dialect.Bytes} NOT NULL
        );

        CREATE INDEX hexagram_enqueued_store ON hexagram_enqueued (store, place);

        CREATE TABLE hexagram_outbox (
            store       TEXT NOT NULL,
            number      BIGINT NOT NULL,
            id          {dialect.Bytes} NOT NULL,
            recipient   TEXT NOT NULL,
            state       BIGINT NOT NULL,
            transmitted BIGINT NOT NULL,
            body_bytes  BIGINT NOT NULL,
            PRIMARY KEY (store, number)
        );

        CREATE TABLE hexagram_outbox_body (
            store        TEXT NOT NULL,
            number       BIGINT NOT NULL,
            content_type TEXT,
            content      {dialect.Bytes} NOT NULL,
            PRIMARY KEY (store, number)
        );

        CREATE TABLE hexagram_seen (
            store  TEXT NOT NULL,
            number BIGINT NOT NULL,
            id     {dialect.Bytes} NOT NULL,
            sender TEXT NOT NULL,
            epoch  BIGINT NOT NULL,
            at     BIGINT NOT NULL,
            PRIMARY KEY (store, number),
            UNIQUE (store, id, sender)
        );

        CREATE TABLE hexagram_set_aside (
            store        TEXT NOT NULL,
            number       BIGINT NOT NULL,
            id           {dialect.Bytes} NOT NULL,
            sender       TEXT NOT NULL,
            sequence     BIGINT NOT NULL,
            accepted_at  BIGINT NOT NULL,
            attempt      BIGINT NOT NULL,
            reason       TEXT NOT NULL,
            at           BIGINT NOT NULL,
            content_type TEXT,
            content      {dialect.Bytes} NOT NULL,
            PRIMARY KEY (store, number)
        );

        INSERT INTO hexagram_schema (version) VALUES (1);
        """;

    /// <summary>Makes the tables if they are not there, or checks that this version can use them; and the row of a store.</summary>
    /// <exception cref="ClientStoreException">A newer version made them.</exception>
    internal static void Prepare(DbConnection connection, SqlDialect dialect, string store)
    {
        using var transaction = connection.BeginTransaction();
        if (dialect.SchemaLockSql is { } lockSql)
        {
            connection.Scalar(new Statement(lockSql), transaction);
        }

        if (connection.Scalar(new Statement(dialect.TableCountSql, ("name", "hexagram_schema")), transaction) is 0L)
        {
            connection.Execute(Tables(dialect), transaction);
        }

        if (connection.Scalar(new Statement("SELECT max(version) FROM hexagram_schema"), transaction) is var version and not Version)
        {
            throw new ClientStoreException($"The hexagram_ tables of {connection.Database} are of version {version}, and this client can use version {Version}. Use the version of Hexagram.Client.Data that made them, or a newer one.");
        }

        using var row = DatabaseStatements.AddClient(store).ToCommand(connection, transaction);
        row.ExecuteNonQuery();
        transaction.Commit();
    }
}

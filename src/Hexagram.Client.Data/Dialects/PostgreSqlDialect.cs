using System.Data.Common;
using Hexagram.Client.Data.Stores;

namespace Hexagram.Client.Data.Dialects;

/// <summary>
/// PostgreSQL. The owner holds an advisory lock of the session in which it writes: when the server has lost the session, it has undone what was open in it
/// and given the lock away, so there is no moment at which a former owner can still write.
/// </summary>
internal sealed class PostgreSqlDialect : SqlDialect
{
    /// <summary>The server's answer to whoever has waited for a lock for as long as it wanted to.</summary>
    private const string LockNotAvailable = "55P03";

    internal override string Bytes => "BYTEA";

    /// <summary>Without a cache in each session, the sequence behind it hands numbers out in the order of the statements.</summary>
    internal override string Identity => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";

    internal override string TableCountSql => "SELECT count(*) FROM (SELECT to_regclass(@name) AS name) AS found WHERE name IS NOT NULL";

    internal override string SchemaLockSql => "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/hexagram', 0))";

    internal override string TransactionSql => "pg_current_xact_id()::text";

    internal override void Prepare(DbConnection connection)
    {
        // A dead connection would keep the lock from the next owner for hours, so the server is told to look after it.
        connection.Execute("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3");
        if (connection.Scalar("SHOW fsync") is not "on")
        {
            throw new ClientStoreException("The PostgreSQL server does not sync what it commits (fsync is off), so nothing that is kept there is durable. Turn fsync on.");
        }

        if (connection.Scalar("SHOW synchronous_commit") is "off")
        {
            connection.Execute("SET synchronous_commit = on");
        }
    }

    internal override IDisposable Own(DbConnection connection, string store, TimeSpan patience)
    {
        const string Key = "hashtextextended(current_schema() || '/hexagram/' || @store, 0)";
        connection.Execute($"SET lock_timeout = {Math.Max(1, (long)patience.TotalMilliseconds)}");
        try
        {
            connection.Scalar($"SELECT pg_advisory_lock({Key})", ("store", store));
        }
        catch (DbException cause) when (cause.SqlState == LockNotAvailable)
        {
            throw new ClientStoreException($"The store '{store}' is in use by another client. Close it, or name another store.", cause);
        }

        connection.Execute("SET lock_timeout = DEFAULT");
        return new Lock(() => connection.Scalar($"SELECT pg_advisory_unlock({Key})", ("store", store)));
    }

    internal override bool HasEnded(DatabaseSession session, DbTransaction transaction, string name) =>
        session.Connection.Scalar("SELECT coalesce(pg_xact_status(CAST(CAST(@name AS text) AS xid8)), 'forgotten')", ("name", name)) is not "in progress";

    internal override bool IsFatal(Exception cause) => false;

    /// <summary>A pool keeps sessions, and with them their locks, so it is given back by hand.</summary>
    private sealed class Lock(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}

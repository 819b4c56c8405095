using System.Data.Common;
using Hexagram.Client.Data.Stores;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Hexagram.Client.Data.Dialects;

/// <summary>SQLite in a file. The owner holds a lock file beside the database, which the system takes from a process that ends, however it ends.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    internal override string Bytes => "BLOB";

    internal override string Identity => "INTEGER PRIMARY KEY";

    internal override string TableCountSql => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @name";

    /// <summary>There is one writer at a time, from the beginning of its transaction.</summary>
    internal override string? SchemaLockSql => null;

    /// <summary>SQLite has no name for it; there is the object.</summary>
    internal override string TransactionSql => "''";

    internal override void Prepare(DbConnection connection)
    {
        if (connection.Scalar("PRAGMA journal_mode = WAL") is not "wal")
        {
            throw new ClientStoreException($"{connection.DataSource} cannot be in WAL mode, as a database in memory cannot. Name a file on a local disk.");
        }

        connection.Execute("PRAGMA synchronous = FULL");
        if (connection.Scalar("PRAGMA synchronous") is not 2L)
        {
            throw new ClientStoreException($"{connection.DataSource} does not sync what it commits. Leave synchronous at FULL.");
        }
    }

    internal override IDisposable Own(DbConnection connection, string store, TimeSpan patience)
    {
        var file = Path.GetFullPath($"{connection.DataSource}.hexagram-{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(store))}.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new ClientStoreException($"{file} cannot be written. Give this process the right to write there.", cause);
        }
        catch (IOException cause)
        {
            throw new ClientStoreException($"The store '{store}' in {connection.DataSource} is in use by another client. Close it, or name another store. ({cause.Message})", cause);
        }
    }

    internal override bool HasEnded(DatabaseSession session, DbTransaction transaction, string name) => transaction.Connection is null;

    internal override bool IsFatal(Exception cause) => cause is SqliteException { SqliteErrorCode: SQLITE_IOERR or SQLITE_CORRUPT or SQLITE_NOTADB };
}

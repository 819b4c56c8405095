using System.Data.Common;
using Hexagram.Client.Data.Stores;

namespace Hexagram.Client.Data;

/// <summary>Which database it is: what differs between them, and nothing else.</summary>
public abstract class SqlDialect
{
    private protected SqlDialect()
    {
    }

    /// <summary>PostgreSQL 13 or newer, over Npgsql.</summary>
    public static SqlDialect PostgreSql { get; } = new Dialects.PostgreSqlDialect();

    /// <summary>SQLite 3.35 or newer in a file, over Microsoft.Data.Sqlite.</summary>
    public static SqlDialect Sqlite { get; } = new Dialects.SqliteDialect();

    /// <summary>The type of a column of bytes.</summary>
    internal abstract string Bytes { get; }

    /// <summary>The column that numbers rows by itself: a later row gets a higher number than all that can be seen when it is written.</summary>
    internal abstract string Identity { get; }

    /// <summary>Counts the tables of this name that an unqualified statement would find.</summary>
    internal abstract string TableCountSql { get; }

    /// <summary>Keeps others from making the tables until the transaction has ended; null when beginning one does that.</summary>
    internal abstract string? SchemaLockSql { get; }

    /// <summary>What names the transaction that a statement runs in; see <see cref="HasEnded"/>.</summary>
    internal abstract string TransactionSql { get; }

    /// <summary>Sets up the connection on which the store is written, and checks that what is committed there is durable.</summary>
    /// <exception cref="ClientStoreException">It is not.</exception>
    internal abstract void Prepare(DbConnection connection);

    /// <summary>Makes this process the only owner of the store for as long as the connection lives, or until what is returned is disposed of.</summary>
    /// <param name="connection">The store's.</param>
    /// <param name="store">Its name.</param>
    /// <param name="patience">How long to wait for another owner to leave.</param>
    /// <exception cref="ClientStoreException">It has an owner.</exception>
    internal abstract IDisposable Own(DbConnection connection, string store, TimeSpan patience);

    /// <summary>Whether an application's transaction has ended, so that whatever it committed can be seen by the next statement.</summary>
    /// <param name="session">The store's.</param>
    /// <param name="transaction">The transaction's object.</param>
    /// <param name="name">What <see cref="TransactionSql"/> said in it.</param>
    internal abstract bool HasEnded(DatabaseSession session, DbTransaction transaction, string name);

    /// <summary>After this failure nobody knows what will be on the disk after a crash, so the store is not written again in this process.</summary>
    internal abstract bool IsFatal(Exception cause);
}

using System.Data.Common;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// The one connection over which a store is written, and the ownership that comes with it. Used by the writer's thread, and by a handler while a
/// transaction is lent to it.
/// </summary>
internal sealed class DatabaseSession : IDisposable
{
    private readonly IDisposable _ownership;
    private DbTransaction? _transaction;

    private DatabaseSession(DbConnection connection, IDisposable ownership)
    {
        Connection = connection;
        _ownership = ownership;
    }

    internal DbConnection Connection { get; }

    /// <summary>The transaction that is open.</summary>
    internal DbTransaction? Transaction => _transaction;

    /// <summary>False when the connection is known to be gone, or nobody knows in which state it is.</summary>
    internal bool IsUsable { get; private set; } = true;

    /// <summary>Connects, and becomes the owner.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="dialect">Which database it is.</param>
    /// <param name="store">The store's name.</param>
    /// <param name="patience">How long to wait for another owner to leave.</param>
    /// <param name="check">Runs before the ownership is asked for.</param>
    /// <exception cref="ClientStoreException">The store has an owner, or is not durable.</exception>
    internal static DatabaseSession Open(DbDataSource dataSource, SqlDialect dialect, string store, TimeSpan patience, Action<DbConnection> check)
    {
        var connection = dataSource.OpenConnection();
        try
        {
            dialect.Prepare(connection);
            check(connection);
            return new DatabaseSession(connection, dialect.Own(connection, store, patience));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal void Begin() => _transaction = Connection.BeginTransaction();

    /// <summary>Runs these, in one round trip where the database can.</summary>
    /// <returns>How many rows the first has changed.</returns>
    internal int Execute(IReadOnlyList<Statement> statements)
    {
        if (!Connection.CanCreateBatch)
        {
            return statements.Select(Execute).ToList()[0];
        }

        using var batch = Connection.CreateBatch();
        batch.Transaction = _transaction;
        foreach (var statement in statements)
        {
            var command = batch.CreateBatchCommand();
            command.CommandText = statement.Sql;
            statement.AddTo(command.Parameters, command.CreateParameter);
            batch.BatchCommands.Add(command);
        }

        batch.ExecuteNonQuery();
        return batch.BatchCommands[0].RecordsAffected;
    }

    internal int Execute(Statement statement)
    {
        using var command = statement.ToCommand(Connection, _transaction);
        return command.ExecuteNonQuery();
    }

    /// <param name="statement">What is asked.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="goesOn">Whether another row is wanted after this one; by default always.</param>
    internal IReadOnlyList<T> Query<T>(Statement statement, Func<DbDataReader, T> read, Func<T, bool>? goesOn = null)
    {
        using var command = statement.ToCommand(Connection, _transaction);
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read())
        {
            rows.Add(read(row));
            if (goesOn?.Invoke(rows[^1]) is false)
            {
                break;
            }
        }

        return rows;
    }

    internal long Count(string sql, params (string Name, object? Value)[] values) => Number(new Statement(sql, values)) ?? 0;

    /// <summary>The number in the first column of the first row; null when there is none.</summary>
    internal long? Number(Statement statement) => Connection.Scalar(statement, _transaction) as long?;

    internal void Commit()
    {
        _transaction!.Commit();
        End();
    }

    /// <summary>Undoes what is open. Does not throw: a connection on which that fails is not used again, and the database undoes what was open on it.</summary>
    internal void Rollback()
    {
        try
        {
            End();
        }
        catch (Exception trouble) when (trouble is DbException or InvalidOperationException or IOException)
        {
            IsUsable = false;
        }

        IsUsable &= Connection.State == System.Data.ConnectionState.Open;
    }

    public void Dispose()
    {
        try
        {
            _ownership.Dispose();
        }
        catch (Exception gone) when (gone is DbException or InvalidOperationException or IOException)
        {
            // The connection has gone, and its lock with it.
            IsUsable = false;
        }

        try
        {
            _transaction?.Dispose();
            Connection.Dispose();
        }
        catch (Exception gone) when (gone is DbException or InvalidOperationException or IOException)
        {
            // What cannot be closed any more holds nothing.
            IsUsable = false;
        }
    }

    private void End()
    {
        var transaction = _transaction;
        _transaction = null;
        transaction?.Dispose();
    }
}

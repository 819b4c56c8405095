using System.Data.Common;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Hexagram.Client.Stores;

/// <summary>
/// A transaction lent to a handler. The writer's thread waits here meanwhile, and ends the transaction when the handler is done with it. What the handler
/// asks of the client is done on its own thread, so that nobody else is at the connection while it runs its commands. Everything but
/// <see cref="WaitAndEnd"/> belongs to the handler's side.
/// </summary>
/// <param name="connection">The writer's.</param>
/// <param name="transaction">Open, with the inbox's marks already written in it.</param>
/// <param name="statements">Set to run in the transaction.</param>
/// <param name="flow">Marks the flow of the handler.</param>
/// <param name="isMarked">Whether the inbox's marks are there; asked when the handler has ended the transaction itself.</param>
/// <param name="failed">Finds the words for a failure, and ends the store when nobody knows what was written.</param>
internal sealed class SqliteHandlerTransaction(
    SqliteConnection connection,
    SqliteTransaction transaction,
    SqliteStatements statements,
    AsyncLocal<SqliteHandlerTransaction?> flow,
    Func<bool> isMarked,
    Func<Exception, ClientStoreException> failed) : IInboxTransaction
{
    private readonly object _gate = new();
    private readonly List<Action<ClientStoreException?>> _joined = [];
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _commit;
    private bool _ending;

    public DbTransaction Transaction => transaction;

    internal bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return !_ending;
            }
        }
    }

    public void Enter() => flow.Value = this;

    public Task<bool> CommitAsync() => EndAsync(commit: true);

    public Task<bool> RollbackAsync() => EndAsync(commit: false);

    /// <summary>Makes a change in the transaction before it returns; false when that has ended.</summary>
    internal bool TryJoin(Action change, Action<ClientStoreException?> written, Action<ClientStoreException?> completed)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return false;
            }

            Join(change, written, completed);
            return true;
        }
    }

    /// <summary>On the writer's thread, until the handler is done. Does not throw.</summary>
    /// <returns>Why the connection cannot be used any more, or null.</returns>
    internal Exception? WaitAndEnd()
    {
        lock (_gate)
        {
            while (!_ending)
            {
                Monitor.Wait(_gate);
            }
        }

        ClientStoreException? fault = null;
        var committed = false;
        try
        {
            committed = End();
        }
        catch (Exception cause)
        {
            // Whatever it is, it must not end the writer's thread, and with it the process.
            fault = failed(cause);
        }

        var trouble = Release(connection, transaction, statements);
        var outcome = committed ? null : fault ?? new ClientStoreException("The handler's transaction was undone.");
        _joined.ForEach(completed => completed(outcome));
        if (fault is null)
        {
            _ended.TrySetResult(committed);
        }
        else
        {
            _ended.TrySetException(fault);
        }

        return trouble;
    }

    private bool End()
    {
        if (transaction.Connection is null || sqlite3_get_autocommit(connection.Handle) != 0)
        {
            // By commit or by rollback, by the handler or by SQLite after an error: what was done to the handler's writes was done to the marks.
            return Release(connection, transaction, statements) is { } trouble ? throw trouble : isMarked();
        }

        if (_commit)
        {
            FailPoint.Pass("store.committing");
            transaction.Commit();
            FailPoint.Pass("store.committed");
        }

        return _commit;
    }

    /// <summary>Lets go of a transaction, whatever has become of it; what is open of it is undone. Called again, it does nothing.</summary>
    /// <returns>Why the connection cannot be used any more, or null.</returns>
    internal static Exception? Release(SqliteConnection connection, SqliteTransaction? transaction, SqliteStatements statements)
    {
        statements.Transaction = null;
        try
        {
            if (transaction?.Connection is not null && sqlite3_get_autocommit(connection.Handle) != 0)
            {
                // It has ended without the knowledge of its object, which insists on ending one.
                sqlite3_exec(connection.Handle, "BEGIN");
            }

            transaction?.Dispose();
            if (sqlite3_get_autocommit(connection.Handle) == 0)
            {
                SqliteException.ThrowExceptionForRC(sqlite3_exec(connection.Handle, "ROLLBACK"), connection.Handle);
            }

            return null;
        }
        catch (Exception trouble)
        {
            return trouble;
        }
    }

    private Task<bool> EndAsync(bool commit)
    {
        lock (_gate)
        {
            _commit = commit;
            _ending = true;
            Monitor.Pulse(_gate);
        }

        return _ended.Task;
    }

    private void Join(Action change, Action<ClientStoreException?> written, Action<ClientStoreException?> completed)
    {
        try
        {
            if (transaction.Connection is null || sqlite3_get_autocommit(connection.Handle) != 0)
            {
                throw new ClientStoreException("The handler's transaction has ended, by the handler or by SQLite after an error; what comes after that has no place. Leave the end to the client.");
            }

            change();
        }
        catch (Exception cause)
        {
            written(failed(cause));
            return;
        }

        _joined.Add(completed);
        written(null);
    }
}

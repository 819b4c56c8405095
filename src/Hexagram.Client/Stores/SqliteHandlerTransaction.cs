using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>
/// A transaction lent to a handler. The writer's thread waits here meanwhile: it does what the handler asks of the client, and ends the transaction
/// when the handler is done with it. Everything but <see cref="ServeAndEnd"/> belongs to the handler's side.
/// </summary>
/// <param name="transaction">Open, with the inbox's marks already written in it.</param>
/// <param name="statements">Set to run in the transaction.</param>
/// <param name="flow">Marks the flow of the handler.</param>
/// <param name="isMarked">Whether the inbox's marks are there; asked when the handler has ended the transaction itself.</param>
/// <param name="translate">Finds the words for a failure.</param>
internal sealed class SqliteHandlerTransaction(
    SqliteTransaction transaction,
    SqliteStatements statements,
    AsyncLocal<SqliteHandlerTransaction?> flow,
    Func<bool> isMarked,
    Func<Exception, ClientStoreException> translate) : IInboxTransaction
{
    private readonly object _gate = new();
    private readonly Queue<Action> _asked = new();
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

    public Task RollbackAsync() => EndAsync(commit: false);

    /// <summary>Makes a change in the transaction; false when that has ended.</summary>
    internal bool TryJoin(Action change, Action<ClientStoreException?> written, Action<ClientStoreException?> completed)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return false;
            }

            _asked.Enqueue(() => Join(change, written, completed));
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>On the writer's thread, until the handler is done.</summary>
    internal void ServeAndEnd()
    {
        while (TryTake(out var asked))
        {
            asked();
        }

        ClientStoreException? fault = null;
        var committed = false;
        try
        {
            committed = End();
        }
        catch (SqliteException cause)
        {
            fault = translate(cause);
        }
        finally
        {
            statements.Transaction = null;
            transaction.Dispose();
        }

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
    }

    private bool End()
    {
        if (transaction.Connection is null)
        {
            // By commit or by rollback: what the handler did to its own writes, it did to the marks.
            statements.Transaction = null;
            return isMarked();
        }

        if (_commit)
        {
            FailPoint.Pass("store.committing");
            transaction.Commit();
            FailPoint.Pass("store.committed");
        }

        return _commit;
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

    private bool TryTake(out Action asked)
    {
        lock (_gate)
        {
            while (_asked.Count == 0 && !_ending)
            {
                Monitor.Wait(_gate);
            }

            return _asked.TryDequeue(out asked!);
        }
    }

    private void Join(Action change, Action<ClientStoreException?> written, Action<ClientStoreException?> completed)
    {
        try
        {
            if (transaction.Connection is null)
            {
                throw new ClientStoreException("The handler has ended its transaction; what it does after that has no place. Leave the end to the client.");
            }

            change();
        }
        catch (Exception cause)
        {
            written(translate(cause));
            return;
        }

        _joined.Add(completed);
        written(null);
    }
}

using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>
/// A transaction lent to a handler. The handler's side asks for its end; the writer's thread, which waits here meanwhile,
/// carries it out.
/// </summary>
/// <param name="transaction">Open, with the inbox's marks already written in it.</param>
/// <param name="isMarked">Whether those marks are there now; asked when the handler has ended the transaction itself.</param>
internal sealed class SqliteHandlerTransaction(SqliteTransaction transaction, Func<bool> isMarked) : IInboxTransaction
{
    private readonly TaskCompletionSource<bool> _asked = new();
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DbTransaction Transaction => transaction;

    public Task<bool> CommitAsync()
    {
        _asked.TrySetResult(true);
        return _ended.Task;
    }

    public Task RollbackAsync()
    {
        _asked.TrySetResult(false);
        return _ended.Task;
    }

    /// <summary>On the writer's thread: waits until the handler is done with the connection.</summary>
    /// <param name="last">Run when the transaction has ended.</param>
    /// <param name="translate">Finds the words for a failure.</param>
    internal void WaitAndEnd(Action last, Func<Exception, ClientStoreException> translate)
    {
        var commit = _asked.Task.GetAwaiter().GetResult();
        try
        {
            var endedByHandler = transaction.Connection is null;
            if (commit && !endedByHandler)
            {
                FailPoint.Pass("store.committing");
                transaction.Commit();
                FailPoint.Pass("store.committed");
            }

            transaction.Dispose();
            last();
            // By commit or by rollback: what the handler did to its own writes, it did to the marks.
            _ended.TrySetResult(endedByHandler ? isMarked() : commit);
        }
        catch (SqliteException cause)
        {
            transaction.Dispose();
            last();
            _ended.TrySetException(translate(cause));
        }
    }
}

using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>
/// Owns the connection: one thread does everything that is done with it, in the order of the calls. What gathers while a
/// batch is being committed makes up the next batch, so many writes share one sync. While a handler has a transaction open, the
/// thread waits for it. Calls are thread-safe; completions run on the writer's thread and must not block.
/// </summary>
internal sealed class SqliteWriter
{
    /// <summary>One transaction holds no more than so many changes.</summary>
    private const int BatchMax = 2_048;

    private readonly SqliteConnection _connection;
    private readonly string _file;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteStatements _statements;
    private readonly AsyncLocal<SqliteHandlerTransaction?> _lent = new();
    private readonly WriteQueue<Work> _queue = new();
    private bool _started;
    private ClientStoreException? _broken;

    internal SqliteWriter(SqliteConnection connection, SqliteStatements statements, string file)
    {
        _connection = connection;
        _statements = statements;
        _file = file;
        _thread = new Thread(Run) { IsBackground = true, Name = "Hexagram client store" };
    }

    internal void Start()
    {
        _started = true;
        _thread.Start();
    }

    /// <summary>Queues a change. Without <paramref name="completed"/> nobody waits for it, and it shares the transaction of what comes next.</summary>
    internal void Enqueue(Action change, Action<ClientStoreException?>? completed) => Enqueue(new Work(change, null, completed), completed is not null);

    /// <summary>Queues something whose result, or failure, is handed over when it is durable.</summary>
    internal Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        T? result = default;
        Enqueue(() => result = work(), fault => Complete(done, result!, fault));
        return done.Task;
    }

    /// <summary>
    /// As <see cref="Enqueue(Action, Action{ClientStoreException?}?)"/>; but in the flow of a handler's transaction the change is made there, at once:
    /// <paramref name="written"/> hears of that, and <paramref name="completed"/> of the transaction's end.
    /// </summary>
    internal void Join(Action change, Action<ClientStoreException?> written, Action<ClientStoreException?> completed)
    {
        if (_lent.Value?.TryJoin(change, written, completed) is not true)
        {
            Enqueue(change, completed);
        }
    }

    /// <summary>
    /// As <see cref="RunAsync"/>; but in the flow of a handler's transaction it is done there, and the task ends before the transaction does.
    /// </summary>
    /// <param name="work">What is done.</param>
    /// <param name="committed">Hears of it when it is durable; never, when the transaction is undone.</param>
    internal Task<T> JoinAsync<T>(Func<T> work, Action<T>? committed = null)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        T? result = default;
        Join(
            () => result = work(),
            fault => Complete(done, result!, fault),
            fault =>
            {
                if (fault is null)
                {
                    committed?.Invoke(result!);
                }

                Complete(done, result!, fault);
            });
        return done.Task;
    }

    /// <summary>Whether the caller runs in the flow of a handler's transaction that is open.</summary>
    internal bool IsInTransaction => _lent.Value is { IsOpen: true };

    /// <summary>Hands the connection to a handler until its transaction ends.</summary>
    /// <param name="first">Written in the transaction before the handler.</param>
    /// <param name="isMarked">Whether what <paramref name="first"/> wrote is there.</param>
    internal Task<SqliteHandlerTransaction> BeginTransactionAsync(Action first, Func<bool> isMarked)
    {
        var opened = new TaskCompletionSource<SqliteHandlerTransaction>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new Work(null, () => Lend(first, isMarked, opened), fault => opened.TrySetException(fault!)), urgent: true);
        return opened.Task;
    }

    /// <summary>Everything queued is written, then the thread ends.</summary>
    internal Task StopAsync()
    {
        _queue.Stop();
        return _started ? _ended.Task : Task.CompletedTask;
    }

    internal static void Complete<T>(TaskCompletionSource<T> done, T result, ClientStoreException? fault)
    {
        if (fault is null)
        {
            done.TrySetResult(result);
        }
        else
        {
            done.TrySetException(fault);
        }
    }

    private void Enqueue(Work work, bool urgent)
    {
        if (!_queue.TryEnqueue(work, urgent))
        {
            work.Completed?.Invoke(new ClientStoreException($"{_file} has been closed."));
        }
    }

    private void Run()
    {
        var batch = new List<Work>();
        while (_queue.TryTake(out var queue))
        {
            while (queue.TryDequeue(out var work))
            {
                if (work.Lend is null)
                {
                    batch.Add(work);
                }

                if (work.Lend is not null || batch.Count == BatchMax || queue.Count == 0)
                {
                    Write(batch);
                    batch.Clear();
                }

                if (work.Lend is not null)
                {
                    Lend(work);
                }
            }
        }

        _ended.TrySetResult();
    }

    private void Write(List<Work> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var fault = _broken;
        if (fault is null)
        {
            try
            {
                _statements.Begin();
                foreach (var work in batch)
                {
                    work.Change!();
                }

                FailPoint.Pass("store.committing");
                _statements.Commit();
                FailPoint.Pass("store.committed");
            }
            catch (Exception cause)
            {
                fault = Failed(cause);
            }
        }

        foreach (var work in batch)
        {
            work.Completed?.Invoke(fault);
        }
    }

    private void Lend(Work work)
    {
        if (_broken is null)
        {
            work.Lend!();
        }
        else
        {
            work.Completed!(_broken);
        }
    }

    private void Lend(Action first, Func<bool> isMarked, TaskCompletionSource<SqliteHandlerTransaction> opened)
    {
        SqliteTransaction? transaction = null;
        try
        {
            _statements.Transaction = transaction = _connection.BeginTransaction(deferred: false);
            first();
        }
        catch (Exception cause)
        {
            var fault = Judge(cause);
            Break(SqliteHandlerTransaction.Release(_connection, transaction, _statements));
            opened.TrySetException(fault);
            return;
        }

        var lent = new SqliteHandlerTransaction(_connection, transaction, _statements, _lent, isMarked, Judge);
        opened.TrySetResult(lent);
        Break(lent.WaitAndEnd());
    }

    /// <summary>A transaction that cannot be ended leaves a connection that cannot be used.</summary>
    private void Break(Exception? trouble)
    {
        if (trouble is not null)
        {
            _broken ??= Translate(trouble);
        }
    }

    /// <summary>
    /// After a failed write to the disk nobody knows what of it will be there after a crash, so the store is not written again in this process.
    /// </summary>
    private ClientStoreException Judge(Exception cause)
    {
        var fault = Translate(cause);
        if (cause is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB })
        {
            _broken ??= fault;
        }

        return fault;
    }

    /// <summary>A batch has failed: nothing of it stays.</summary>
    private ClientStoreException Failed(Exception cause)
    {
        var fault = Judge(cause);
        try
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _statements.Rollback();
            }
        }
        catch (SqliteException trouble)
        {
            _broken = Translate(trouble);
        }

        return fault;
    }

    private ClientStoreException Translate(Exception cause) => SqliteFaults.Translate(cause, _file);

    /// <summary>One of <see cref="Change"/> and <see cref="Lend"/> is set.</summary>
    private readonly record struct Work(Action? Change, Action? Lend, Action<ClientStoreException?>? Completed);
}

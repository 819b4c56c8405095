using Hexagram.Client.Stores;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// Owns the session: one thread does everything that is done with it, in the order of the calls. What gathers while a batch is being committed makes up the
/// next batch. While a handler has a transaction open, the thread waits for it. Calls are thread-safe; completions run on the writer's thread and must not block.
/// </summary>
/// <remarks>
/// Each transaction begins with its number in the store's row. So a commit whose answer was lost with its connection is no riddle: the number says, on the next
/// connection, whether it is there. Nothing else is written before that is known.
/// </remarks>
internal sealed class DatabaseWriter : IAsyncDisposable
{
    /// <summary>One transaction holds no more than so many works.</summary>
    private const int BatchMax = 512;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(200);

    private readonly WriteQueue<Work> _queue = new();
    private readonly SessionSource _sessions;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncLocal<DatabaseHandlerTransaction?> _lent = new();
    private bool _started;

    internal DatabaseWriter(SessionSource sessions)
    {
        _sessions = sessions;
        _thread = new Thread(Run) { IsBackground = true, Name = "Hexagram client store" };
    }

    /// <summary>The handler's transaction in whose flow the caller runs, while it is open.</summary>
    internal DatabaseHandlerTransaction? Lent => _lent.Value is { IsOpen: true } lent ? lent : null;

    internal void Start()
    {
        _started = true;
        _thread.Start();
    }

    /// <summary>Queues a change. Without <paramref name="completed"/> nobody waits for it, and it shares the transaction of what comes next.</summary>
    internal void Write(Change change, Action<ClientStoreException?>? completed)
    {
        if (!_queue.TryEnqueue(new Work(change, null, completed), completed is not null))
        {
            completed?.Invoke(Closed());
        }
    }

    internal Task WriteAsync(params IReadOnlyList<Statement> statements)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Write(new Change(statements), fault => SqliteWriter.Complete(done, true, fault));
        return done.Task;
    }

    /// <summary>Asks when everything queued before is written, by a statement of its own; in the flow of a handler's transaction at once, in it.</summary>
    internal Task<T> AskAsync<T>(Func<DatabaseSession, T> question)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Lent is { } lent)
        {
            done.SetResult(question(lent.Session));
            return done.Task;
        }

        Enqueue(() =>
        {
            try
            {
                done.TrySetResult(question(_sessions.Usable()));
            }
            catch (Exception cause)
            {
                done.TrySetException(_sessions.Failed(cause));
            }
        });
        return done.Task;

        void Enqueue(Action work)
        {
            if (!_queue.TryEnqueue(new Work(null, work, null), urgent: true))
            {
                done.TrySetException(Closed());
            }
        }
    }

    /// <summary>Hands the session to a handler until its transaction ends. <paramref name="first"/> is written in it before the handler.</summary>
    internal Task<DatabaseHandlerTransaction> BeginTransactionAsync(IReadOnlyList<Statement> first)
    {
        var opened = new TaskCompletionSource<DatabaseHandlerTransaction>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.TryEnqueue(new Work(null, () => Lend(first, opened), null), urgent: true))
        {
            opened.TrySetException(Closed());
        }

        return opened.Task;
    }

    /// <summary>Everything queued is written, if the database can be reached, and then the thread ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Stop();
        await _stop.CancelAsync();
        if (_started)
        {
            await _ended.Task;
        }

        _sessions.Dispose();
        _stop.Dispose();
    }

    private ClientStoreException Closed() => new($"The store '{_sessions.Store}' has been closed.");

    private void Run()
    {
        var batch = new List<Work>();
        while (_queue.TryTake(out var queue))
        {
            while (queue.TryDequeue(out var work))
            {
                if (work.Change is not null)
                {
                    batch.Add(work);
                }

                if (work.Alone is not null || batch.Count == BatchMax || queue.Count == 0)
                {
                    Write(batch);
                    batch.Clear();
                }

                work.Alone?.Invoke();
            }
        }

        _ended.TrySetResult();
    }

    private void Write(List<Work> batch)
    {
        var works = batch.Where(work => !IsTooLate(work)).ToList();
        if (works.Count == 0)
        {
            return;
        }

        var fault = Transact([.. works.SelectMany(work => work.Change!.Statements)]);
        foreach (var work in works)
        {
            if (fault is not null && work.Change!.Round is { } round)
            {
                round.HasFailed = true;
            }

            work.Completed?.Invoke(fault);
        }
    }

    /// <summary>One that was found before it could not be taken.</summary>
    private static bool IsTooLate(Work work)
    {
        if (work.Change!.Round is not { HasFailed: true })
        {
            return false;
        }

        work.Completed?.Invoke(new ClientStoreException("A message before this one could not be taken into the outbox; this one waits for it."));
        return true;
    }

    /// <returns>Why nothing of it is there; null when all of it is.</returns>
    private ClientStoreException? Transact(IReadOnlyList<Statement> statements)
    {
        long number;
        try
        {
            number = _sessions.Begin(statements);
        }
        catch (Exception cause)
        {
            return _sessions.Failed(cause);
        }

        try
        {
            return Commit(number);
        }
        catch (ClientStoreException unknown)
        {
            return unknown;
        }
    }

    /// <summary>Commits the transaction of this number, and finds out whether it is there when the answer is lost.</summary>
    /// <returns>Why it is not there; null when it is.</returns>
    /// <exception cref="ClientStoreException">Nobody knows; the store is not used again in this process.</exception>
    private ClientStoreException? Commit(long number)
    {
        try
        {
            FailPoint.Pass("store.committing");
            _sessions.Commit();
            FailPoint.Pass("store.committed");
            return null;
        }
        catch (Exception cause)
        {
            var fault = _sessions.Failed(cause);
            return IsThere(number) ? null : fault;
        }
    }

    /// <summary>Whether the transaction of this number was committed; asked until there is an answer.</summary>
    /// <exception cref="ClientStoreException">The store was closed, lost or broken before there was one.</exception>
    private bool IsThere(long number)
    {
        while (true)
        {
            try
            {
                return _sessions.Usable().Number(DatabaseStatements.ReadBatch(_sessions.Store, _sessions.Owner)) == number;
            }
            catch (Exception cause)
            {
                var fault = _sessions.Failed(cause);
                if (_sessions.IsBroken || _stop.Token.WaitHandle.WaitOne(AskAgainAfter))
                {
                    _sessions.Break(fault);
                    throw new ClientStoreException($"Nobody knows whether the last write to the store '{_sessions.Store}' is there; it is known when the store is opened again. {fault.Message}", fault);
                }
            }
        }
    }

    private void Lend(IReadOnlyList<Statement> first, TaskCompletionSource<DatabaseHandlerTransaction> opened)
    {
        long number;
        try
        {
            number = _sessions.Begin(first);
        }
        catch (Exception cause)
        {
            opened.TrySetException(_sessions.Failed(cause));
            return;
        }

        var lent = new DatabaseHandlerTransaction(_sessions.Current!, _lent);
        opened.TrySetResult(lent);
        lent.Wait();
        try
        {
            lent.Ended(End(lent, number), null);
        }
        catch (Exception cause)
        {
            lent.Ended(false, _sessions.Failed(cause));
        }
    }

    /// <returns>Whether the marks that the transaction began with are there.</returns>
    private bool End(DatabaseHandlerTransaction lent, long number)
    {
        if (!lent.IsToBeCommitted)
        {
            _sessions.Rollback();
            return IsThere(number) && Late(lent);
        }

        try
        {
            if (lent.Session.Number(DatabaseStatements.ReadBatch(_sessions.Store, _sessions.Owner)) != number)
            {
                // Undone, by the handler or by the database after an error.
                _sessions.Rollback();
                return false;
            }

            if (lent.Joined.Count > 0)
            {
                lent.Session.Execute(lent.Joined);
            }
        }
        catch (Exception cause)
        {
            // The handler has ended it, or it cannot go on after an error.
            var fault = _sessions.Failed(cause);
            return IsThere(number) ? Late(lent) : cause is InvalidOperationException ? false : throw fault;
        }

        return Commit(number) is { } trouble ? throw trouble : true;
    }

    /// <summary>The handler has committed the transaction itself, without the messages that it has sent: they are written after it.</summary>
    private bool Late(DatabaseHandlerTransaction lent)
    {
        if (lent.Joined.Count > 0)
        {
            lent.Settle(Transact(lent.Joined));
        }

        return true;
    }

    /// <summary>One of <see cref="Change"/> and <see cref="Alone"/> is set.</summary>
    private readonly record struct Work(Change? Change, Action? Alone, Action<ClientStoreException?>? Completed);
}

/// <summary>Statements that belong together.</summary>
/// <param name="Statements">All or none of them.</param>
/// <param name="Round">With whom it was found, if it was enqueued by the application.</param>
internal sealed record Change(IReadOnlyList<Statement> Statements, TakingRound? Round = null);

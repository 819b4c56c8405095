using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// The one thread that writes. It takes whatever gathered while the last batch was being written, decides it in order, writes it
/// as one batch, and answers only then. After a failure it never writes again: the state of a disk that failed a sync is unknown,
/// and a second sync that succeeds would be a lie about the first.
/// </summary>
internal sealed class CommitThread
{
    /// <summary>What the thread is called, for whoever looks at the process.</summary>
    internal const string Name = "Hexagram commits";

    /// <summary>
    /// How long a confirmation that was decided by its bringer may be missing from the log. Waking this thread for each would cost more than everything else
    /// about it, and losing one costs a resend.
    /// </summary>
    private static readonly TimeSpan UnwrittenMax = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// A batch of so few continues its askers here, if they allow it: waking a thread would cost more than what they do. Of a larger one the pool
    /// takes care, while the next is decided.
    /// </summary>
    private const int InlineMax = 4;

    private readonly WorkQueue _queue = new(UnwrittenMax);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RocksDbStoreOptions _options;
    private readonly Commit _commit;
    private readonly IBatchWriter _writer;
    private readonly StoreMeter _meter;
    private readonly List<Waiter> _waiters = [];
    private volatile StoreUnavailableException? _fault;

    internal CommitThread(RocksDbStoreOptions options, Commit commit, IBatchWriter writer, StoreMeter meter)
    {
        (_options, _commit, _writer, _meter) = (options, commit, writer, meter);
        new Thread(Run) { Name = Name, IsBackground = true }.Start();
    }

    /// <summary>Why nothing is written any more, or null.</summary>
    internal StoreUnavailableException? Fault => _fault;

    /// <summary>Hands work over and returns what to await.</summary>
    internal ValueTask<T> Ask<T>(Work<T> work)
    {
        var task = work.Task;
        try
        {
            _queue.Add(work);
        }
        catch (StoreUnavailableException fault)
        {
            work.Fail(fault).Wake();
        }

        return task;
    }

    /// <summary>Decides a confirmation on the caller's thread, if nothing has to be read for it; see <see cref="Commit.TryConfirm"/>.</summary>
    internal Confirmation? TryConfirm(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        if (_fault is not null || _queue.IsClosed || _commit.TryConfirm(mailbox, device, epoch, upTo) is not { } confirmation)
        {
            return null;
        }

        _queue.Unwritten();
        return confirmation;
    }

    /// <summary>Completes when what has been answered about <paramref name="mailbox"/> can be read from the disk, or never will.</summary>
    internal async ValueTask SettleAsync(UserId mailbox)
    {
        try
        {
            if (_fault is null && _commit.MayBeAheadOfDisk(mailbox))
            {
                await Ask(new SettleWork()).ConfigureAwait(false);
            }
        }
        catch (StoreUnavailableException)
        {
            // Then what can be read is what there is.
        }
    }

    /// <summary>Refuses new work, finishes what was handed over, and ends.</summary>
    internal Task StopAsync()
    {
        _queue.Close("The mailbox store has been closed; ask again once the server is back.", null);
        return _ended.Task;
    }

    private void Run()
    {
        var spare = new List<Work>();
        while (_queue.Take(spare) is { } taken)
        {
            CommitAll(taken);
            taken.Clear();
            spare = taken;
        }

        // Confirmations may have come since the last batch.
        CommitAll([]);
        _commit.Dispose();
        _ended.SetResult();
    }

    /// <summary>Also with nothing taken there may be confirmations to write.</summary>
    private void CommitAll(List<Work> taken)
    {
        var done = 0;
        do
        {
            done += _fault is null ? CommitSome(taken, done) : FailRest(taken, done);
        }
        while (done < taken.Count);
    }

    /// <summary>One batch: as much of <paramref name="taken"/> from <paramref name="from"/> on as fits.</summary>
    private int CommitSome(List<Work> taken, int from)
    {
        var to = from;
        try
        {
            lock (_commit.Gate)
            {
                _commit.Begin();
                for (var bytes = 0L; to < taken.Count && to - from < _options.BatchItemsMax && bytes <= _options.BatchBytesMax; to++)
                {
                    bytes += taken[to].Bytes;
                    taken[to].Decide(_commit);
                }

                _commit.Complete();
            }

            _commit.Write(_writer);
            lock (_commit.Gate)
            {
                _commit.Written();
            }
        }
#pragma warning disable CA1031 // Whatever it was, what is on the disk is no longer known; the fault is kept and told to everyone.
        catch (Exception cause)
#pragma warning restore CA1031
        {
            Stop(cause);
            return FailRest(taken, from);
        }

        _meter.Committed(to - from);
        for (var i = from; i < to; i++)
        {
            Answered(taken[i].Answer());
        }

        WakeAll(mayContinueInline: to - from <= InlineMax);
        return to - from;
    }

    private void Answered(Waiter waiter)
    {
        if (waiter.Continuation is not null)
        {
            _waiters.Add(waiter);
        }
    }

    /// <summary>All answers stand: now those who wait are woken.</summary>
    private void WakeAll(bool mayContinueInline)
    {
        foreach (var waiter in _waiters)
        {
            if (mayContinueInline && waiter.ContinuesInline)
            {
                waiter.Continuation!(waiter.State);
            }
            else
            {
                waiter.Wake();
            }
        }

        _waiters.Clear();
    }

    private void Stop(Exception cause)
    {
        var reason = $"The mailbox store in '{_options.Folder}' could not be written and has stopped for good in this process: {cause.Message} "
            + "Nothing is known about what was under way. See to the disk, then start the server again.";
        _fault = new StoreUnavailableException(reason, cause);
        _queue.Close(reason, cause);
    }

    private int FailRest(List<Work> taken, int from)
    {
        var fault = _fault!;
        for (var i = from; i < taken.Count; i++)
        {
            // Each asker gets an exception of its own: one object thrown from many places would mix their stack traces.
            Answered(taken[i].Fail(new StoreUnavailableException(fault.Message, fault.InnerException ?? fault)));
        }

        WakeAll(mayContinueInline: false);
        return taken.Count - from;
    }
}

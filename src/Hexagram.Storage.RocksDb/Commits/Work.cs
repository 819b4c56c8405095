using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// Something that the commit thread is asked to decide. Decided in the order of asking; answered, or failed, exactly once, and only
/// after the commit that covers the decision. After its answer it must not be touched any more: it may be in use anew.
/// </summary>
internal abstract class Work
{
    /// <summary>What it adds to a commit's size, in bytes of bodies.</summary>
    internal virtual int Bytes => 0;

    /// <summary>Decides, on the commit thread, and adds what must be written to <paramref name="commit"/>.</summary>
    internal abstract void Decide(Commit commit);

    /// <summary>Tells the asker the decision.</summary>
    /// <returns>Who waits for it already, to be woken by the caller.</returns>
    internal abstract Waiter Answer();

    /// <summary>Tells the asker that nothing is known.</summary>
    /// <returns>As <see cref="Answer"/>.</returns>
    internal abstract Waiter Fail(Exception fault);
}

/// <summary>
/// Somebody who waits for an answer. Woken only when a whole batch has its answers, so that whoever asked for several finds all of them; and not on the commit
/// thread, where its continuation would hold up everybody, unless there are few and it has said that it waits for nothing.
/// </summary>
internal readonly record struct Waiter(Action<object?>? Continuation, object? State, bool ContinuesInline = false)
{
    /// <summary>Continues it on the thread pool. Nothing happens when nobody waits.</summary>
    internal void Wake()
    {
        if (Continuation is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(Continuation, State, preferLocal: false);
        }
    }

    /// <summary>The same, continued in the contexts of the caller that <paramref name="flags"/> ask for; usually none.</summary>
    internal Waiter In(ValueTaskSourceOnCompletedFlags flags)
    {
        var (continuation, state) = (Continuation!, State);
        var scheduled = flags.HasFlag(ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
        var synchronization = scheduled ? SynchronizationContext.Current : null;
        var scheduler = scheduled ? TaskScheduler.Current : TaskScheduler.Default;
        var execution = flags.HasFlag(ValueTaskSourceOnCompletedFlags.FlowExecutionContext) ? ExecutionContext.Capture() : null;
        if (synchronization is null && scheduler == TaskScheduler.Default && execution is null)
        {
            return this;
        }

        Action run = execution is null
            ? () => continuation(state)
            : () => ExecutionContext.Run(execution, run => continuation(run), state);
        return new Waiter(
            _ =>
            {
                if (synchronization is not null)
                {
                    synchronization.Post(_ => run(), null);
                }
                else
                {
                    _ = Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
                }
            },
            null);
    }
}

/// <summary>Work with an answer, awaited without an allocation.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal abstract class Work<T> : Work, IValueTaskSource<T>
{
    /// <summary>Stands where a continuation would, once there is an answer.</summary>
    private static readonly Action<object?> Answered = static _ => throw new InvalidOperationException("An answer continues nothing.");

    private Action<object?>? _continuation;
    private object? _state;
    private Exception? _fault;
    private short _version;

    /// <summary>What the asker awaits, once. To be taken before the work is handed over.</summary>
    internal ValueTask<T> Task => new(this, _version);

    /// <summary>The decision.</summary>
    protected T? Result { get; set; }

    /// <summary>See <see cref="AppendItem.ContinuesInline"/>.</summary>
    protected virtual bool ContinuesInline => false;

    internal override Waiter Answer() => Complete();

    internal override Waiter Fail(Exception fault)
    {
        _fault = fault;
        return Complete();
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        if (((IValueTaskSource<T>)this).GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("There is no answer yet.");
        }

        var (result, fault) = (Result, _fault);
        (Result, _fault, _state) = (default, null, null);
        _version++;
        Volatile.Write(ref _continuation, null);
        Recycle();
        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }

        return result!;
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("An answer is awaited once.");
        }

        return !ReferenceEquals(Volatile.Read(ref _continuation), Answered) ? ValueTaskSourceStatus.Pending
            : _fault is null ? ValueTaskSourceStatus.Succeeded
            : ValueTaskSourceStatus.Faulted;
    }

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("An answer is awaited once.");
        }

        var waiter = new Waiter(continuation, state).In(flags);
        _state = waiter.State;
        if (Interlocked.CompareExchange(ref _continuation, waiter.Continuation, null) is not null)
        {
            // The answer came meanwhile.
            waiter.Wake();
        }
    }

    private Waiter Complete()
    {
        // Without a waiter, the asker may take the answer from here on, and the object be in use anew.
        var continuation = Interlocked.Exchange(ref _continuation, Answered);
        return continuation is null ? default : new Waiter(continuation, _state, ContinuesInline);
    }

    /// <summary>The asker has the answer; the object may serve again.</summary>
    protected virtual void Recycle()
    {
    }
}

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
    internal abstract void Answer();

    /// <summary>Tells the asker that nothing is known.</summary>
    internal abstract void Fail(Exception fault);
}

/// <summary>Work with an answer, awaited without an allocation.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal abstract class Work<T> : Work, IValueTaskSource<T>
{
    // Never inline: a continuation of some session must not run on the commit thread, where it would hold up everybody.
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>What the asker awaits, once. To be taken before the work is handed over.</summary>
    internal ValueTask<T> Task => new(this, _source.Version);

    /// <summary>The decision.</summary>
    protected T? Result { get; set; }

    internal override void Answer() => _source.SetResult(Result!);

    internal override void Fail(Exception fault) => _source.SetException(fault);

    T IValueTaskSource<T>.GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            Result = default;
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>The asker has the answer; the object may serve again.</summary>
    protected virtual void Recycle()
    {
    }
}

using System.Collections.Concurrent;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>Answered work that waits to serve again, at most a fixed number. Safe from any thread.</summary>
internal sealed class WorkPool<T>
    where T : Work, new()
{
    private const int KeptMax = 4_096;

    private readonly ConcurrentQueue<T> _kept = new();
    private int _count;

    internal T Rent()
    {
        if (!_kept.TryDequeue(out var work))
        {
            return new T();
        }

        Interlocked.Decrement(ref _count);
        return work;
    }

    internal void Return(T work)
    {
        // The count may overshoot by a few for a moment; it bounds memory, nothing hangs on its exactness.
        if (Volatile.Read(ref _count) < KeptMax)
        {
            Interlocked.Increment(ref _count);
            _kept.Enqueue(work);
        }
    }
}

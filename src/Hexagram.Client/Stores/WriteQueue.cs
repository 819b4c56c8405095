namespace Hexagram.Client.Stores;

/// <summary>
/// What waits to be written, in the order of the calls, and when its writer wakes: at once for work that somebody waits for, a little later for work that
/// nobody does, so that it shares a transaction. Thread-safe; one thread takes.
/// </summary>
internal sealed class WriteQueue<TWork>
{
    /// <summary>Work that nobody waits for is written at the latest after so long.</summary>
    private static readonly TimeSpan LazyDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>So much work that nobody waits for is written at once.</summary>
    private const int LazyMax = 512;

    private readonly object _gate = new();
    private Queue<TWork> _queue = new();
    private bool _urgent;
    private bool _stopping;

    /// <summary>False when the queue has been stopped.</summary>
    internal bool TryEnqueue(TWork work, bool urgent)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return false;
            }

            _queue.Enqueue(work);
            _urgent |= urgent || _queue.Count >= LazyMax;
            if (_urgent || _queue.Count == 1)
            {
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <summary>Waits for what is to be written now, and takes all of it; false when there is nothing left and the queue has been stopped.</summary>
    internal bool TryTake(out Queue<TWork> queue)
    {
        lock (_gate)
        {
            while (!_urgent && !_stopping)
            {
                if (_queue.Count == 0)
                {
                    Monitor.Wait(_gate);
                }
                else if (!Monitor.Wait(_gate, LazyDelay))
                {
                    break;
                }
            }

            queue = _queue;
            _queue = new Queue<TWork>();
            _urgent = false;
            return queue.Count > 0 || !_stopping;
        }
    }

    /// <summary>What has been queued is still taken; nothing more is.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
    }
}

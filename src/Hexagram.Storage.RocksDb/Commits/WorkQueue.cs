namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// What gathers for the commit thread while it is busy: that is the whole of group commit. Any thread adds, one thread takes.
/// </summary>
/// <remarks>
/// It needs no bound of its own: each asker holds its item until the answer comes, waiting in this queue or before it makes no
/// difference to memory. What bounds it is how many requests the sessions may have in flight.
/// </remarks>
/// <param name="unwrittenMax">How long the taker leaves what is <see cref="Unwritten"/> when nothing else is to be written.</param>
internal sealed class WorkQueue(TimeSpan unwrittenMax)
{
    private readonly object _gate = new();
    private List<Work> _gathered = [];
    private bool _takerWaits;
    private bool _takerSleeps;
    private volatile bool _unwritten;
    private volatile string? _closed;
    private Exception? _cause;

    /// <summary>Nothing is taken in any more.</summary>
    internal bool IsClosed => _closed is not null;

    /// <summary>There is something to write that nobody waits for.</summary>
    internal void Unwritten()
    {
        if (_unwritten)
        {
            // The taker has not come since; when it does, it finds this too.
            return;
        }

        lock (_gate)
        {
            _unwritten = true;
            if (_takerSleeps)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Adds work, or throws when the queue is closed.</summary>
    /// <exception cref="StoreUnavailableException">The queue is closed; the message says why.</exception>
    internal void Add(Work work)
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw _cause is null ? new StoreUnavailableException(_closed) : new StoreUnavailableException(_closed, _cause);
            }

            _gathered.Add(work);
            if (_takerWaits)
            {
                _takerWaits = false;
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>
    /// Waits until there is work and takes all of it, giving <paramref name="emptied"/> for the next to gather in; takes nothing when there has only been
    /// something <see cref="Unwritten"/> for a while. Null when the queue is closed and empty.
    /// </summary>
    internal List<Work>? Take(List<Work> emptied)
    {
        lock (_gate)
        {
            while (_gathered.Count == 0)
            {
                if (_closed is not null)
                {
                    return null;
                }

                _takerWaits = true;
                if (Monitor.Wait(_gate, unwrittenMax) || _gathered.Count > 0 || _closed is not null)
                {
                    // What came as the time ran out has found nobody to wake.
                    continue;
                }

                if (_unwritten)
                {
                    break;
                }

                _takerSleeps = true;
                Monitor.Wait(_gate);
                _takerSleeps = false;
            }

            _unwritten = false;
            _takerWaits = false;
            var taken = _gathered;
            _gathered = emptied;
            return taken;
        }
    }

    /// <summary>Refuses everything from now on; what has gathered is still taken. The first reason stays.</summary>
    internal void Close(string reason, Exception? cause)
    {
        lock (_gate)
        {
            if (_closed is null)
            {
                (_closed, _cause) = (reason, cause);
                Monitor.Pulse(_gate);
            }
        }
    }
}

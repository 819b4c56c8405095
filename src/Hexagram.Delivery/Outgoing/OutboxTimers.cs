namespace Hexagram.Delivery.Outgoing;

/// <summary>
/// The outbox's deadlines. A deadline is moved by setting another: what no longer matches is stale and skipped. Stale ones
/// at the front are dropped at once, so memory follows what really waits.
/// </summary>
internal sealed class OutboxTimers
{
    private readonly PriorityQueue<OutboxEntry, TimeSpan> _entries = new();
    private readonly PriorityQueue<OutboxLane, TimeSpan> _lanes = new();

    /// <summary>The earliest deadline of a message, or null.</summary>
    internal TimeSpan? NextEntry
    {
        get
        {
            DropStale();
            return _entries.TryPeek(out _, out var at) ? at : null;
        }
    }

    /// <summary>The earliest end of a hold, or null.</summary>
    internal TimeSpan? NextLane
    {
        get
        {
            DropStale();
            return _lanes.TryPeek(out _, out var at) ? at : null;
        }
    }

    internal void Set(OutboxEntry entry, TimeSpan at)
    {
        entry.Deadline = at;
        _entries.Enqueue(entry, at);
        DropStale();
    }

    internal void Hold(OutboxLane lane, TimeSpan until)
    {
        lane.HeldUntil = until;
        _lanes.Enqueue(lane, until);
    }

    internal bool TryTakeEntry(TimeSpan now, out OutboxEntry entry)
    {
        DropStale();
        if (_entries.TryPeek(out entry!, out var at) && at <= now)
        {
            _entries.Dequeue();
            return true;
        }

        return false;
    }

    internal bool TryTakeLane(TimeSpan now, out OutboxLane lane)
    {
        DropStale();
        if (_lanes.TryPeek(out lane!, out var at) && at <= now)
        {
            _lanes.Dequeue();
            return true;
        }

        return false;
    }

    internal void Clear()
    {
        _entries.Clear();
        _lanes.Clear();
    }

    private void DropStale()
    {
        while (_entries.TryPeek(out var entry, out var at) && entry.Deadline != at)
        {
            _entries.Dequeue();
        }

        while (_lanes.TryPeek(out var lane, out var at) && lane.HeldUntil != at)
        {
            _lanes.Dequeue();
        }
    }
}

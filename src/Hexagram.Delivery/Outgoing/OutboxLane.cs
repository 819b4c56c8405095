using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>
/// What waits for msg:A on its way to one recipient, in the order of the <c>SendAsync</c> calls. Everything before
/// <c>next</c> has been sent on this connection; going back to the head sends all of it again, in order, so that
/// nothing overtakes what was told to retry later.
/// </summary>
internal sealed class OutboxLane(UserId to)
{
    private static readonly IComparer<OutboxEntry> ByNumber = Comparer<OutboxEntry>.Create((left, right) => left.Number.CompareTo(right.Number));

    private readonly List<OutboxEntry> _entries = [];
    private int _head;
    private int _next;

    internal UserId To { get; } = to;

    /// <summary>Until when the server's retry-later holds this lane; null when it does not.</summary>
    internal TimeSpan? HeldUntil { get; set; }

    /// <summary>Retry-later answers in a row.</summary>
    internal int Retries { get; set; }

    /// <summary>Messages whose status must be known before anything new may pass them.</summary>
    internal int StatusesAwaited { get; set; }

    /// <summary>Accepted messages whose status is to be asked.</summary>
    internal Queue<OutboxEntry> ToAsk { get; } = new();

    /// <summary>It stands in the round of lanes that have something to send.</summary>
    internal bool InRound { get; set; }

    internal bool Open => HeldUntil is null && StatusesAwaited == 0;

    /// <summary>Nothing waits here, nothing is asked and nobody holds it: it need not be remembered.</summary>
    internal bool IsIdle => Head is null && ToAsk.Count == 0 && Open && !InRound;

    /// <summary>The oldest that waits.</summary>
    internal OutboxEntry? Head
    {
        get
        {
            DropAnswered();
            return _head < _entries.Count ? _entries[_head] : null;
        }
    }

    /// <summary>The one to be sent next, or null.</summary>
    internal OutboxEntry? Next
    {
        get
        {
            DropAnswered();
            while (_next < _entries.Count && !_entries[_next].Queued)
            {
                _next++;
            }

            return _next < _entries.Count ? _entries[_next] : null;
        }
    }

    /// <summary>Puts an entry in its place in the order; nearly always the last.</summary>
    internal void Insert(OutboxEntry entry)
    {
        entry.Queued = true;
        var place = _entries.Count;
        while (place > _head && _entries[place - 1].Number > entry.Number)
        {
            place--;
        }

        _entries.Insert(place, entry);
        // What stands behind a latecomer must follow it, also when it has been sent before.
        _next = Math.Min(_next, place);
    }

    /// <summary>Takes an entry out, wherever it stands.</summary>
    internal void Remove(OutboxEntry entry)
    {
        entry.Queued = false;
        var place = _entries.BinarySearch(_head, _entries.Count - _head, entry, ByNumber);
        if (place > _head)
        {
            _entries.RemoveAt(place);
            _next -= place < _next ? 1 : 0;
        }
    }

    internal void Advance() => _next++;

    internal void BackToHead() => _next = _head;

    private void DropAnswered()
    {
        while (_head < _entries.Count && !_entries[_head].Queued)
        {
            _head++;
        }

        _next = Math.Max(_next, _head);
        if (_head > 32 && _head * 2 > _entries.Count)
        {
            _entries.RemoveRange(0, _head);
            _next -= _head;
            _head = 0;
        }
    }
}

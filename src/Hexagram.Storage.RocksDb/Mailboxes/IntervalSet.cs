namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// A set of numbers as disjoint intervals <c>After &lt; n ≤ UpTo</c>, in order; touching ones are joined.
/// Not safe for use from several threads at once.
/// </summary>
internal sealed class IntervalSet
{
    private readonly List<Interval> _intervals = [];

    /// <summary>How many disjoint intervals there are.</summary>
    internal int Count => _intervals.Count;

    internal Interval this[int index] => _intervals[index];

    /// <summary>Whether <paramref name="number"/> is in the set.</summary>
    internal bool Contains(long number)
    {
        // From the end: what is asked about is most often recent.
        for (var i = _intervals.Count - 1; i >= 0; i--)
        {
            if (_intervals[i].After < number)
            {
                return number <= _intervals[i].UpTo;
            }
        }

        return false;
    }

    /// <summary>Adds <c>after &lt; n ≤ upTo</c>.</summary>
    internal void Add(long after, long upTo)
    {
        if (upTo <= after)
        {
            return;
        }

        var from = 0;
        while (from < _intervals.Count && _intervals[from].UpTo < after)
        {
            from++;
        }

        var to = from;
        while (to < _intervals.Count && _intervals[to].After <= upTo)
        {
            after = Math.Min(after, _intervals[to].After);
            upTo = Math.Max(upTo, _intervals[to].UpTo);
            to++;
        }

        if (to == from + 1)
        {
            // The common case, a cursor that moves on, shifts nothing.
            _intervals[from] = new Interval(after, upTo);
            return;
        }

        _intervals.RemoveRange(from, to - from);
        _intervals.Insert(from, new Interval(after, upTo));
    }

    /// <summary>Adds all of <paramref name="other"/>.</summary>
    internal void Add(IntervalSet other)
    {
        foreach (var interval in other._intervals)
        {
            Add(interval.After, interval.UpTo);
        }
    }

    /// <summary>
    /// The first run of numbers with <c>after &lt; n ≤ upTo</c> that are not in the set; empty (<c>After = UpTo</c>) when all are.
    /// </summary>
    internal Interval FirstGap(long after, long upTo)
    {
        foreach (var interval in _intervals)
        {
            if (interval.UpTo <= after)
            {
                continue;
            }

            if (interval.After > after)
            {
                return new Interval(after, Math.Max(after, Math.Min(upTo, interval.After)));
            }

            after = interval.UpTo;
        }

        return new Interval(after, Math.Max(after, upTo));
    }

    /// <summary>How many numbers with <c>after &lt; n ≤ upTo</c> are in the set.</summary>
    internal long CountWithin(long after, long upTo)
    {
        var count = 0L;
        foreach (var interval in _intervals)
        {
            count += Math.Max(0, Math.Min(upTo, interval.UpTo) - Math.Max(after, interval.After));
        }

        return count;
    }

    /// <summary>Drops the intervals that end at or before <paramref name="upTo"/>.</summary>
    internal void DropUpTo(long upTo) => _intervals.RemoveAll(interval => interval.UpTo <= upTo);
}

/// <summary>The numbers <c>After &lt; n ≤ UpTo</c>.</summary>
internal readonly record struct Interval(long After, long UpTo)
{
    internal bool IsEmpty => UpTo <= After;
}

using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// Sender and id of a mailbox's newest entries that are not confirmed yet, so that a confirmation can name them without reading
/// the log. A memory aid only: what it does not hold is read. Not safe for use from several threads at once.
/// </summary>
internal sealed class HeaderRing
{
    /// <summary>How many headers a mailbox keeps in mind; a recipient further behind is read from the log.</summary>
    internal const int HeadersMax = 256;

    // A mailbox whose recipient is present goes from empty to a few and back all the time.
    private const int KeptWhenEmpty = 8;

    private (UserId From, MessageId Id)[] _headers = [];
    private long _first = 1;
    private int _count;

    /// <summary>Takes in the header of the next entry.</summary>
    internal void Add(long sequence, UserId from, MessageId id)
    {
        if (_count == 0 || _first + _count != sequence)
        {
            _first = sequence;
            _count = 0;
        }

        if (_count == _headers.Length && _headers.Length < HeadersMax)
        {
            Grow();
        }
        else if (_count == HeadersMax)
        {
            _first++;
            _count--;
        }

        _headers[sequence % _headers.Length] = (from, id);
        _count++;
    }

    /// <summary>The header of an entry that it <see cref="Holds"/>.</summary>
    internal (UserId From, MessageId Id) this[long sequence] => _headers[sequence % _headers.Length];

    /// <summary>Whether the header of entry <paramref name="sequence"/> is in mind.</summary>
    internal bool Holds(long sequence) => sequence >= _first && sequence < _first + _count;

    /// <summary>Lets go of what stands at or before <paramref name="upTo"/>.</summary>
    internal void DropUpTo(long upTo)
    {
        var dropped = (int)Math.Clamp(upTo + 1 - _first, 0, _count);
        _first += dropped;
        _count -= dropped;
        if (_count == 0 && _headers.Length > KeptWhenEmpty)
        {
            _headers = [];
        }
    }

    private void Grow()
    {
        var grown = new (UserId, MessageId)[Math.Max(4, _headers.Length * 2)];
        for (var sequence = _first; sequence < _first + _count; sequence++)
        {
            grown[sequence % grown.Length] = _headers[sequence % _headers.Length];
        }

        _headers = grown;
    }
}

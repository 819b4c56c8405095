using Hexagram.Protocol;

namespace Hexagram.Delivery.Streams;

/// <summary>
/// The server's half of one device's stream on one connection: decides which entry may be notified now, and when to
/// read older ones from the store (PROTOCOL §5, §7). It holds positions, never entries, so a device that was away for a month
/// costs no more memory than one that was not.
/// </summary>
/// <remarks>A pure state machine. Not thread-safe: its session feeds it one event at a time.</remarks>
public sealed class DeliveryStream
{
    private readonly Queue<(Sequence Sequence, int Bytes)> _unconfirmed = new();
    private readonly int _window;
    private readonly int _windowBytes;
    private long _unconfirmedBytes;
    private int _nextBytes;
    private bool _reading;

    /// <summary>Begins after <paramref name="resumeAfter"/> in a mailbox whose newest entry is <paramref name="last"/>.</summary>
    /// <param name="resumeAfter">The first entry notified has the next number.</param>
    /// <param name="last">The newest entry when the stream was opened; live entries must have been registered for before.</param>
    /// <param name="window">Entries unconfirmed at a time; 1 or more.</param>
    /// <param name="windowBytes">Bytes of bodies unconfirmed at a time; one entry always fits.</param>
    public DeliveryStream(Sequence resumeAfter, Sequence last, int window, int windowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(windowBytes);
        Cursor = resumeAfter;
        Sent = resumeAfter;
        Last = Sequence.Max(last, resumeAfter);
        _window = window;
        _windowBytes = windowBytes;
    }

    /// <summary>
    /// An earlier stream of this connection has brought everything up to <paramref name="received"/> (PROTOCOL §14.1): it counts as notified and
    /// unconfirmed. Of its bytes nothing is known; whoever names it has taken them off the window.
    /// </summary>
    public void Resume(Sequence received)
    {
        Invariant.Holds(Sent == Cursor && !_reading, "a stream is resumed before anything has been notified on it");
        while (Sent < Sequence.Min(received, Last) && _unconfirmed.Count < _window)
        {
            Take(Sent.Next, bodyBytes: 0);
        }
    }

    /// <summary>Everything up to here is confirmed, or lies before this stream.</summary>
    public Sequence Cursor { get; private set; }

    /// <summary>Everything up to here has been notified on this connection.</summary>
    public Sequence Sent { get; private set; }

    /// <summary>The newest entry heard of.</summary>
    public Sequence Last { get; private set; }

    /// <summary>A read of the store is under way.</summary>
    public bool IsReading => _reading;

    /// <summary>Entries notified and not yet confirmed.</summary>
    public int Unconfirmed => _unconfirmed.Count;

    /// <summary>
    /// A live entry. <see cref="StreamDecision.Notify"/> when it is the next one and fits; otherwise it will be read from
    /// the store when its turn comes.
    /// </summary>
    public StreamDecision Arrived(Sequence sequence, int bodyBytes)
    {
        Last = Sequence.Max(Last, sequence);
        return Offer(sequence, bodyBytes);
    }

    /// <summary>
    /// The sender has sent an entry again: its recipient may not have it. Notified once more if it has been notified and
    /// is not confirmed; it takes no further room in the window.
    /// </summary>
    public StreamDecision Repeated(Sequence sequence)
    {
        Last = Sequence.Max(Last, sequence);
        return Cursor < sequence && sequence <= Sent ? StreamDecision.NotifyAgain : StreamDecision.Nothing;
    }

    /// <summary>The store's newest entry, from the heartbeat's comparison: makes good what a lost hint left out.</summary>
    public void Compared(Sequence last) => Last = Sequence.Max(Last, last);

    /// <summary>The device has confirmed everything up to <paramref name="upTo"/>, and the store has taken note.</summary>
    /// <remarks>
    /// It may be further than what was notified here: the device can finish what an earlier connection brought.
    /// </remarks>
    public void Confirmed(Sequence upTo)
    {
        Cursor = Sequence.Max(Cursor, upTo);
        while (_unconfirmed.TryPeek(out var oldest) && oldest.Sequence <= Cursor)
        {
            _unconfirmed.Dequeue();
            _unconfirmedBytes -= oldest.Bytes;
        }

        if (Sent < Cursor)
        {
            Invariant.Holds(_unconfirmed.Count == 0, "nothing beyond what was sent is unconfirmed");
            MoveSentTo(Cursor);
        }
    }

    /// <summary>
    /// Whether the store should be read now. True at most once until <see cref="PageBegins"/>: one read at a time.
    /// </summary>
    /// <param name="read">Where to read, and how much fits.</param>
    public bool TryBeginRead(out StreamRead read)
    {
        if (_reading || Sent >= Last || !HasRoom(_nextBytes))
        {
            read = default;
            return false;
        }

        _reading = true;
        read = new StreamRead(Sent, _window - _unconfirmed.Count, (int)Math.Max(0, _windowBytes - _unconfirmedBytes));
        return true;
    }

    /// <summary>The read has come back; each of its entries is then offered to <see cref="Read"/>, in sequence.</summary>
    /// <param name="firstAvailable">The oldest entry that the store still holds.</param>
    /// <param name="last">The newest.</param>
    /// <returns>
    /// <see cref="StreamDecision.Resynchronize"/> when the next entry is gone, which only a new Welcome can tell the device;
    /// otherwise <see cref="StreamDecision.Nothing"/>.
    /// </returns>
    public StreamDecision PageBegins(Sequence firstAvailable, Sequence last)
    {
        Invariant.Holds(_reading, "a page answers a read");
        _reading = false;
        Last = Sequence.Max(Last, last);
        return firstAvailable > Sent.Next ? StreamDecision.Resynchronize : StreamDecision.Nothing;
    }

    /// <summary>One entry of a page.</summary>
    /// <returns><see cref="StreamDecision.Nothing"/> when it was confirmed meanwhile, or it or one before it no longer fits.</returns>
    public StreamDecision Read(Sequence sequence, int bodyBytes) => Offer(sequence, bodyBytes);

    private StreamDecision Offer(Sequence sequence, int bodyBytes)
    {
        if (sequence != Sent.Next)
        {
            return StreamDecision.Nothing;
        }

        if (!HasRoom(bodyBytes))
        {
            // A store gives at least one entry, so without this the same one would be read again and again until it fits.
            _nextBytes = bodyBytes;
            return StreamDecision.Nothing;
        }

        Take(sequence, bodyBytes);
        return StreamDecision.Notify;
    }

    private bool HasRoom(int bodyBytes) =>
        _unconfirmed.Count == 0 || (_unconfirmed.Count < _window && _unconfirmedBytes + bodyBytes <= _windowBytes);

    private void Take(Sequence sequence, int bodyBytes)
    {
        _unconfirmed.Enqueue((sequence, bodyBytes));
        _unconfirmedBytes += bodyBytes;
        MoveSentTo(sequence);
    }

    private void MoveSentTo(Sequence sequence)
    {
        Sent = sequence;
        Last = Sequence.Max(Last, sequence);
        _nextBytes = 0;
    }
}

/// <summary>What a session does with an entry.</summary>
public enum StreamDecision
{
    /// <summary>Not now, or not at all.</summary>
    Nothing,

    /// <summary>Send msg:N.</summary>
    Notify,

    /// <summary>Send msg:N once more, marked as redelivered.</summary>
    NotifyAgain,

    /// <summary>End the connection so that a new Welcome can tell the device what is missing.</summary>
    Resynchronize,
}

/// <summary>A page to be read from the store.</summary>
public readonly record struct StreamRead(Sequence After, int EntriesMax, int BytesMax);

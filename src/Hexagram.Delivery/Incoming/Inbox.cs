using Hexagram.Protocol;

namespace Hexagram.Delivery.Incoming;

/// <summary>
/// The recipient's half: which notified entries are taken, which are dropped as seen, and what is confirmed
/// (PROTOCOL §5, §7). The set of seen ids, which outlives an epoch, is asked by the shell when it commits.
/// </summary>
/// <remarks>A pure state machine. Not thread-safe: its client feeds it one event at a time.</remarks>
public sealed class Inbox
{
    /// <summary>Begins where the saved state says.</summary>
    public Inbox(Epoch epoch, Sequence cursor)
    {
        Epoch = epoch;
        Cursor = cursor;
        Received = cursor;
    }

    /// <summary>The history that the numbers belong to; <see cref="Epoch.None"/> before the first Welcome.</summary>
    public Epoch Epoch { get; private set; }

    /// <summary>Everything up to here is committed: what Hello and ack:R say.</summary>
    public Sequence Cursor { get; private set; }

    /// <summary>Everything up to here has been taken: committed, being handled, or waiting for the handler.</summary>
    public Sequence Received { get; private set; }

    /// <summary>
    /// The server's Welcome. The shell carries out the step in the order of its fields, each durable, before it reads on.
    /// </summary>
    public WelcomeStep Welcomed(Epoch epoch, Sequence resumeAfter)
    {
        var anotherHistory = epoch != Epoch;
        var first = Epoch == Epoch.None;
        InboxGap? gap = null;
        if (!first && resumeAfter > (anotherHistory ? Cursor : Received))
        {
            gap = new InboxGap(epoch, (anotherHistory ? Cursor : Received).Next, resumeAfter);
        }

        if (anotherHistory)
        {
            Epoch = epoch;
            // The entries of the gap are committed with the gap itself; until then the cursor stays before it.
            Cursor = gap is null ? resumeAfter : Sequence.Min(Cursor, resumeAfter);
            Received = resumeAfter;
        }
        else if (gap is not null)
        {
            Received = resumeAfter;
        }

        return new WelcomeStep(anotherHistory ? new InboxPosition(Epoch, Cursor) : null, gap);
    }

    /// <summary>msg:N has come.</summary>
    public InboxDecision Notified(Sequence sequence)
    {
        if (sequence <= Cursor)
        {
            return InboxDecision.ConfirmAgain;
        }

        if (sequence <= Received)
        {
            return InboxDecision.Drop;
        }

        if (sequence != Received.Next)
        {
            return InboxDecision.Reconnect;
        }

        Received = sequence;
        return InboxDecision.Take;
    }

    /// <summary>
    /// The shell has committed everything up to <paramref name="upTo"/> of <paramref name="epoch"/>, with its effects.
    /// </summary>
    /// <returns>The confirmation to send, or null when it belongs to a history that has ended.</returns>
    public AckRequest? Committed(Epoch epoch, Sequence upTo)
    {
        // Beyond what was taken: of a history that was left and returned to while the handler ran.
        if (epoch != Epoch || upTo > Received)
        {
            return null;
        }

        Cursor = Sequence.Max(Cursor, upTo);
        return new AckRequest(Epoch, Cursor);
    }
}

/// <summary>Where an inbox stands.</summary>
public readonly record struct InboxPosition(Epoch Epoch, Sequence Cursor);

/// <summary>Entries <c>From ≤ n ≤ To</c> that this device will never get: they had gone when it came back.</summary>
public readonly record struct InboxGap(Epoch Epoch, Sequence From, Sequence To);

/// <summary>What the shell does about a Welcome.</summary>
/// <param name="Adopt">
/// Another history: forget what waits for the handler (it belongs to the old one), and save this position; null to go on.
/// </param>
/// <param name="Gap">To be reported and committed in its place in the stream; null when nothing is missing.</param>
public readonly record struct WelcomeStep(InboxPosition? Adopt, InboxGap? Gap);

/// <summary>What the shell does with a msg:N.</summary>
public enum InboxDecision
{
    /// <summary>The next one: hand it to the handler.</summary>
    Take,

    /// <summary>It is being handled already.</summary>
    Drop,

    /// <summary>It is committed: confirm the cursor once more.</summary>
    ConfirmAgain,

    /// <summary>Something before it is missing: reconnect from the cursor.</summary>
    Reconnect,
}

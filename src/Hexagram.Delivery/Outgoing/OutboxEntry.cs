using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>One message in the outbox. Bodies stay with the shell.</summary>
public sealed class OutboxEntry
{
    /// <summary>A message as it was saved.</summary>
    /// <param name="number">Its place in the order of the <c>SendAsync</c> calls of this device.</param>
    /// <param name="id">Its id.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="state">Where it stood when it was saved.</param>
    /// <param name="transmitted">Whether it may have left the device.</param>
    public OutboxEntry(long number, MessageId id, UserId to, MessageState state = MessageState.Waiting, bool transmitted = false)
    {
        Number = number;
        Id = id;
        To = to;
        State = state;
        Transmitted = transmitted || state > MessageState.Waiting;
    }

    /// <summary>Its place in the order of the <c>SendAsync</c> calls of this device.</summary>
    public long Number { get; }

    /// <summary>Its id; may be remade until it is <see cref="Transmitted"/>, never after.</summary>
    public MessageId Id { get; internal set; }

    /// <summary>The recipient.</summary>
    public UserId To { get; }

    /// <summary>The highest state known. It never falls, also when a restored server must be told the message again.</summary>
    public MessageState State { get; internal set; }

    /// <summary>It may have left the device; saved before it does.</summary>
    public bool Transmitted { get; internal set; }

    /// <summary>It stands in its lane for a msg:R that gets it accepted, for the first time or again after a restore.</summary>
    internal bool Queued { get; set; }

    /// <summary>A msg:R of this connection has no answer yet.</summary>
    internal bool InFlight { get; set; }

    /// <summary>It was told to retry later on this connection: the server may hold its lane for it.</summary>
    internal bool HeldBack { get; set; }

    /// <summary>It has been stored since the last question about it.</summary>
    internal bool AskSoon { get; set; }

    /// <summary>Resends since it was accepted.</summary>
    internal int Attempts { get; set; }

    /// <summary>Monotonic time of its next timer; older timers in the queue are stale.</summary>
    internal TimeSpan? Deadline { get; set; }
}

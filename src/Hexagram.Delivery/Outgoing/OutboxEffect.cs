using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>What the outbox asks of its shell. Carried out in order.</summary>
public abstract record OutboxEffect
{
    private OutboxEffect()
    {
    }

    /// <summary>Send msg:R. It may be the first time or a resend; the id is the same.</summary>
    public sealed record Transmit(OutboxEntry Entry) : OutboxEffect;

    /// <summary>
    /// These are about to leave the device for the first time. Save that durably (and a new id for each whose time the
    /// server would refuse), then call <see cref="Outbox.Marked"/>.
    /// </summary>
    public sealed record MarkTransmitted(IReadOnlyList<OutboxEntry> Entries) : OutboxEffect;

    /// <summary>Send a status request.</summary>
    public sealed record AskStatus(UserId To, IReadOnlyList<MessageId> Ids) : OutboxEffect;

    /// <summary>The message stands higher than before: save it (losing that costs a question) and tell the application.</summary>
    public sealed record StateRaised(OutboxEntry Entry, MessageState State) : OutboxEffect;

    /// <summary>A device of the recipient has committed it. Remove it.</summary>
    public sealed record Delivered(OutboxEntry Entry) : OutboxEffect;

    /// <summary>
    /// The server will not take it, finally; with <see cref="ErrorCode.Expired"/> the outcome is unknown. Remove it and
    /// tell the application.
    /// </summary>
    public sealed record Refused(OutboxEntry Entry, ErrorCode Code, string Text) : OutboxEffect;

    /// <summary>The server holds it, and its id has passed the horizon: nothing more can be asked about it. Remove it.</summary>
    public sealed record LeftAtServer(OutboxEntry Entry) : OutboxEffect;

    /// <summary>End this connection and make a new one.</summary>
    public sealed record Reconnect(string Reason) : OutboxEffect;
}

/// <summary>What can still be done about a cancelled message.</summary>
public enum CancelOutcome
{
    /// <summary>It never left the device and never will.</summary>
    Cancelled,

    /// <summary>It has left the device: it is no longer resent, and may still arrive.</summary>
    MayStillArrive,

    /// <summary>It is not in the outbox: delivered, refused or cancelled before.</summary>
    NotWaiting,
}

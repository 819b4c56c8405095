using Hexagram.Client.Stores;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Receiving;

/// <summary>One thing that waits for its turn in the stream: a message, or the place of messages that are gone.</summary>
/// <param name="Epoch">The history its number belongs to.</param>
/// <param name="UpTo">The number up to which the stream is committed when it is done.</param>
/// <param name="Message">The message; null for a gap.</param>
/// <param name="Gap">The gap; null for a message.</param>
internal sealed record InboxItem(Epoch Epoch, Sequence UpTo, MessageNotify? Message, InboxGap? Gap)
{
    /// <summary>When it came, for its trace; null when nobody listens.</summary>
    internal DateTimeOffset? NotifiedAt { get; init; }

    internal MessageKey? Key => Message is { } message ? new MessageKey(message.From, message.Id) : null;
}

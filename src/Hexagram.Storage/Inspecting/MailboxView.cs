using Hexagram.Protocol;

namespace Hexagram.Storage.Inspecting;

/// <summary>A mailbox as it stood.</summary>
/// <param name="User">Whose.</param>
/// <param name="Position">First and last entry.</param>
/// <param name="Unconfirmed">Entries that no device has confirmed.</param>
/// <param name="Devices">The devices, in the order of their ids.</param>
public sealed record MailboxView(UserId User, MailboxPosition Position, long Unconfirmed, IReadOnlyList<DevicePosition> Devices);

/// <summary>An entry without its body.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Id">The sender's id for the message.</param>
/// <param name="From">Who sent it.</param>
/// <param name="AcceptedAt">The server's clock when it was accepted.</param>
/// <param name="ContentBytes">The size of its content.</param>
/// <param name="IsDelivered">Whether some device has confirmed it.</param>
public sealed record EntryView(Sequence Sequence, MessageId Id, UserId From, DateTimeOffset AcceptedAt, int ContentBytes, bool IsDelivered);

/// <summary>Where one message stands.</summary>
/// <param name="Mailbox">Whose mailbox.</param>
/// <param name="From">Who sent it.</param>
/// <param name="Id">The sender's id for it.</param>
/// <param name="Sequence">The number of its entry.</param>
/// <param name="AcceptedAt">The server's clock when it was accepted.</param>
/// <param name="IsDelivered">Whether some device has confirmed it.</param>
/// <param name="IsForgotten">Its entry has gone, delivered and old; the id is still known.</param>
/// <param name="Devices">The devices that have confirmed it, of those that are known.</param>
public sealed record MessageView(
    UserId Mailbox, UserId From, MessageId Id, Sequence Sequence, DateTimeOffset AcceptedAt, bool IsDelivered, bool IsForgotten, IReadOnlyList<DeviceId> Devices);

/// <summary>One history of a store.</summary>
/// <param name="Epoch">Its identity.</param>
/// <param name="BegunAt">The server's clock when it began.</param>
public sealed record EpochView(Epoch Epoch, DateTimeOffset BegunAt);

/// <summary>What a store holds in all.</summary>
/// <param name="Mailboxes">Mailboxes.</param>
/// <param name="Entries">Entries that can be read.</param>
/// <param name="Unconfirmed">Those that no device has confirmed.</param>
public readonly record struct StoreCount(long Mailboxes, long Entries, long Unconfirmed);

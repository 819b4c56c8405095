using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>One record in a mailbox.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Id">The sender's id for the message.</param>
/// <param name="From">The authenticated sender.</param>
/// <param name="AcceptedAt">The server's clock when it was accepted, in whole milliseconds.</param>
/// <param name="Body">The content.</param>
public sealed record Entry(Sequence Sequence, MessageId Id, UserId From, DateTimeOffset AcceptedAt, Body Body);

/// <summary>A run of entries, in sequence and without a hole.</summary>
/// <param name="Entries">The entries; empty when there is nothing after the place asked for.</param>
/// <param name="Position">First and last entry of the mailbox at the moment of reading.</param>
public sealed record MailboxPage(IReadOnlyList<Entry> Entries, MailboxPosition Position);

/// <summary>First and last entry of a mailbox.</summary>
/// <param name="FirstAvailable">The oldest entry that can be read; one after <paramref name="Last"/> when there is none.</param>
/// <param name="Last">The newest entry; <see cref="Sequence.None"/> for a mailbox that does not exist.</param>
public readonly record struct MailboxPosition(Sequence FirstAvailable, Sequence Last);

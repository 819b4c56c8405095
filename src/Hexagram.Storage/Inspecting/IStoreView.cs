using Hexagram.Protocol;

namespace Hexagram.Storage.Inspecting;

/// <summary>
/// A store as it stood at one moment, for whoever looks into it and changes nothing: also beside servers that work with it, which do not notice. Bodies are never
/// read. Members are for one thread at a time; what they list is read as it is asked for, so a store of any size needs little memory. All of them throw
/// <see cref="StoreUnavailableException"/> when the store cannot be read or is damaged.
/// </summary>
public interface IStoreView : IDisposable
{
    /// <summary>The store's histories, the oldest first.</summary>
    IReadOnlyList<EpochView> Epochs { get; }

    /// <summary>How far the store's log has come: records of the embedded store, bytes of PostgreSQL's. It only grows.</summary>
    ulong Record { get; }

    /// <summary>Mailboxes in the order of their names' bytes, those after <paramref name="after"/> or all.</summary>
    IEnumerable<MailboxView> ListMailboxes(UserId? after);

    /// <summary>One mailbox; null when it does not exist.</summary>
    MailboxView? ReadMailbox(UserId user);

    /// <summary>Entries of a mailbox after a number, those that can still be read. Their bodies are not.</summary>
    IEnumerable<EntryView> ListEntries(UserId user, Sequence after);

    /// <summary>Where the message with an id stands, in every mailbox that has one. Looks at every id of the store, or of one mailbox.</summary>
    IReadOnlyList<MessageView> Find(MessageId id, UserId? mailbox);
}

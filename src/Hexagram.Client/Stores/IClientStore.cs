using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Stores;

/// <summary>
/// What a client remembers. Writes take effect in the order of the calls; what is written without waiting is durable at the latest with
/// the next write that somebody waits for. Thread-safe.
/// </summary>
internal interface IClientStore : IOutboxStore, IInboxStore, IAsyncDisposable
{
    /// <summary>What an earlier run has left. Called once, before anything is written.</summary>
    StoredClient Load();

    /// <summary>Connection numbers up to this one may be used from now on. Durable when it returns.</summary>
    Task ReserveConnectionsAsync(ConnectionNumber upTo);

    /// <summary>Whom this store belongs to. Durable when it returns.</summary>
    Task SaveUserAsync(UserId user);

    /// <summary>The server's clock minus this device's. Not waited for.</summary>
    void SaveClock(TimeSpan offset);
}

/// <summary>The sender's half. Completions are called in the order of the calls, on the store's thread or before the call returns.</summary>
internal interface IOutboxStore
{
    /// <summary>Whether bodies can be read back; otherwise the client keeps them itself.</summary>
    bool KeepsBodies { get; }

    /// <summary>
    /// A new message. When a handler sends it in its transaction (<see cref="IInboxTransaction.Enter"/>), it belongs to that
    /// transaction: <paramref name="insertion"/> hears at once that it stands there, and that it is completed when the transaction has ended.
    /// </summary>
    void Insert(StoredMessage message, Body body, IInsertion insertion);

    /// <summary>These are about to leave the device, under these ids.</summary>
    void Mark(IReadOnlyList<(long Number, MessageId Id)> messages, Action<ClientStoreException?> completed);

    /// <summary>A message stands higher. Not waited for: losing it costs a question.</summary>
    void Raise(long number, MessageState state);

    /// <summary>A message has gone. Without <paramref name="completed"/> not waited for: losing it costs a question.</summary>
    void Remove(long number, Action<ClientStoreException?>? completed = null);

    /// <summary>The bodies of these messages; those that are gone are left out.</summary>
    Task<IReadOnlyDictionary<long, Body>> ReadBodiesAsync(IReadOnlyList<long> numbers);
}

/// <summary>Who waits for a new message to be durable.</summary>
internal interface IInsertion
{
    /// <summary>It stands in a handler's transaction. Called before <see cref="IOutboxStore.Insert"/> returns.</summary>
    void Joined();

    /// <summary>It is durable, or it is not there.</summary>
    void Completed(ClientStoreException? fault);
}

/// <summary>
/// The recipient's half: the inbox's position, its begun mark, the seen set and what was set aside. Durable when the
/// tasks complete. This is the seam where a handler's own database can take the place of the client's file.
/// </summary>
internal interface IInboxStore
{
    /// <summary>The caller runs in a handler's transaction, which has not ended.</summary>
    bool IsInTransaction { get; }

    /// <summary>Whether <see cref="BeginTransactionAsync"/> can be used.</summary>
    bool HasTransactions { get; }

    /// <summary>Another history: the position in it.</summary>
    Task AdoptAsync(InboxPosition position);

    /// <summary>A handler is about to run for this message.</summary>
    Task BeginAsync(MessageKey message);

    /// <summary>How many messages are set aside.</summary>
    int SetAsideCount { get; }

    /// <summary>Everything of <paramref name="commit"/> at once, or nothing.</summary>
    Task CommitAsync(InboxCommit commit);

    /// <summary>Whether this message has been handled, in any history.</summary>
    Task<bool> HasSeenAsync(MessageKey message);

    /// <summary>
    /// Opens a transaction in which <paramref name="commit"/> is already written, for the handler to write in. Until
    /// it ends, nothing else is written.
    /// </summary>
    Task<IInboxTransaction> BeginTransactionAsync(InboxCommit commit, CancellationToken cancellationToken);

    /// <summary>What was set aside, oldest first.</summary>
    Task<IReadOnlyList<SetAsideMessage>> ReadSetAsideAsync();

    /// <summary>Forgets one of them; false when it was not there.</summary>
    Task<bool> RemoveSetAsideAsync(MessageKey message);
}

/// <summary>A transaction of a handler. Ended exactly once.</summary>
internal interface IInboxTransaction
{
    /// <summary>What the handler is given.</summary>
    System.Data.Common.DbTransaction Transaction { get; }

    /// <summary>
    /// From here on, in the caller's flow, messages that are sent belong to this transaction, and questions to the store are answered in it. Anything else would
    /// wait for the transaction, which waits for the handler.
    /// </summary>
    void Enter();

    /// <summary>Durable when it returns; false when the handler has rolled it back itself.</summary>
    Task<bool> CommitAsync();

    /// <summary>Undoes everything; true when that is too late, because the handler has committed it itself.</summary>
    Task<bool> RollbackAsync();
}

/// <summary>What names a message for ever: its id, and who sent it.</summary>
internal readonly record struct MessageKey(UserId From, MessageId Id);

/// <summary>A handled message, or a gap, and what belongs to it.</summary>
/// <param name="Epoch">The history of the number; the cursor of another is left as it is.</param>
/// <param name="UpTo">Where the cursor moves.</param>
/// <param name="Seen">The message to be remembered as handled; null for a gap.</param>
/// <param name="Next">The message whose handler runs next, if that is known already: saves a write of its own.</param>
/// <param name="SetAside">The message to be kept beside the inbox; null when it was handled.</param>
/// <param name="At">When, by the server's clock as far as it is known.</param>
/// <param name="ForgetBefore">Marks of the seen set that are older than this may go: the server does not bring their messages again.</param>
internal sealed record InboxCommit(
    Epoch Epoch,
    Sequence UpTo,
    MessageKey? Seen,
    MessageKey? Next,
    SetAsideMessage? SetAside,
    DateTimeOffset At,
    DateTimeOffset ForgetBefore);

/// <summary>A row of the outbox without its body.</summary>
/// <param name="Number">Its place in the order of the outbox.</param>
/// <param name="Id">Its id.</param>
/// <param name="To">The recipient.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Transmitted">Whether it may have left the device.</param>
/// <param name="BodyBytes">The size of its body.</param>
/// <param name="Source">Where it waited in the application's database; null when it comes from <c>SendAsync</c>.</param>
internal readonly record struct StoredMessage(
    long Number,
    MessageId Id,
    UserId To,
    MessageState State,
    bool Transmitted,
    int BodyBytes,
    EnqueuedRow? Source = null);

/// <summary>What a store holds when it is opened.</summary>
internal sealed record StoredClient
{
    /// <summary>The device that the store belongs to.</summary>
    internal required DeviceId Device { get; init; }

    /// <summary>Whom the store belongs to, once a server has said it.</summary>
    internal UserId? User { get; init; }

    /// <summary>Numbers up to here may have been used.</summary>
    internal ConnectionNumber LastConnection { get; init; }

    /// <summary>The server's clock minus this device's, as of the last Welcome.</summary>
    internal TimeSpan ClockOffset { get; init; }

    /// <summary>Where the inbox stands.</summary>
    internal InboxPosition Position { get; init; }

    /// <summary>The message whose handler had begun and was not committed.</summary>
    internal MessageKey? Begun { get; init; }

    /// <summary>The seen set holds messages of another history than <see cref="Position"/>'s.</summary>
    internal bool HasSeenOtherHistories { get; init; }

    /// <summary>The outbox, in the order of the <c>SendAsync</c> calls.</summary>
    internal IReadOnlyList<StoredMessage> Messages { get; init; } = [];
}

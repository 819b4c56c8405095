using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>
/// The only authority of a server: it appends, de-duplicates, numbers, reads and confirms. Numbering and de-duplication
/// happen inside its commit; everything above it may be killed at any instruction and the worst that follows is a resend.
/// </summary>
/// <remarks>
/// Every member may be called from any thread at any time. The contract is stated by the tests of
/// <c>Hexagram.Storage.Conformance</c>, which every implementation passes unchanged.
/// </remarks>
public interface IMailboxStore : IAsyncDisposable
{
    /// <summary>The history that every sequence of this store belongs to now.</summary>
    Epoch Epoch { get; }

    /// <summary>
    /// Null while the store can be written; otherwise why not. Where the data is this process's own, it has stopped for good; a store in a database goes on by itself
    /// when that is back.
    /// </summary>
    Exception? Fault { get; }

    /// <summary>
    /// Appends a message to its recipient's mailbox, or finds that it stands there already. When the task completes the
    /// answer is durable. Items are decided in the order of the calls.
    /// </summary>
    /// <remarks>
    /// There is no cancellation: once handed over, an item will be decided. An item's own trouble is in its result.
    /// </remarks>
    /// <exception cref="ArgumentException">The item is not complete, or its body is too large; see <see cref="AppendItem.ThrowIfUnusable"/>.</exception>
    /// <exception cref="StoreUnavailableException">The batch could not be made durable; nothing is known about the item.</exception>
    ValueTask<AppendResult> AppendAsync(AppendItem item);

    /// <summary>
    /// Reads entries in sequence after <paramref name="after"/>: at most <paramref name="entriesMax"/> and, but for the first,
    /// at most <paramref name="bytesMax"/> bytes of bodies. Only durable entries are ever seen. Entries that have been
    /// forgotten are absent, so a page may begin later than asked; inside it there is no hole.
    /// </summary>
    ValueTask<MailboxPage> ReadAsync(UserId mailbox, Sequence after, int entriesMax, int bytesMax, CancellationToken cancellationToken);

    /// <summary>
    /// Begins or resumes a device's stream from what its Hello says. A device that is not known is recorded, durably, and starts
    /// before the oldest retained entry or after the newest. The cursor in Hello confirms, within the bounds of
    /// <see cref="ConfirmAsync"/> and with its durability; a cursor of an older epoch is lowered to the branch point first, one of an unknown epoch confirms
    /// nothing. Where the device limit is reached, the device unseen the longest makes room if it was for <see cref="ForgettingPolicy.DeviceUnseen"/>.
    /// </summary>
    /// <returns>Where the stream goes on, or a <see cref="DeviceOpening.Code"/> that refuses it.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    ValueTask<DeviceOpening> OpenDeviceAsync(DeviceHello hello);

    /// <summary>
    /// Moves a device's cursor up to <paramref name="upTo"/> if that is higher. Another epoch's confirmation is not applied, nor one beyond the
    /// newest entry or of an unknown device. At most <see cref="Confirmation.NewlyDeliveredMax"/> entries are newly delivered at a time;
    /// the caller repeats the call until <see cref="Confirmation.Cursor"/> stands where it should. What is asked after the answer knows of it. It survives a stop
    /// in good order; one of the last moments may be undone by the death of the process or of the machine, which costs a resend and nothing else.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    ValueTask<Confirmation> ConfirmAsync(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo);

    /// <summary>Where messages of <paramref name="sender"/> in <paramref name="mailbox"/> stand, in the order asked.</summary>
    ValueTask<IReadOnlyList<MessageStatus>> StatusAsync(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids, CancellationToken cancellationToken);

    /// <summary>First and last entry of many mailboxes at once, in the order asked. A mailbox that does not exist is empty.</summary>
    ValueTask<IReadOnlyList<MailboxPosition>> PositionsAsync(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken);

    /// <summary>The devices of a mailbox and where they stand.</summary>
    ValueTask<IReadOnlyList<DevicePosition>> DevicesAsync(UserId mailbox, CancellationToken cancellationToken);

    /// <summary>
    /// Removes what the <see cref="ForgettingPolicy"/> allows as of <paramref name="now"/>, a bounded piece at a time so that
    /// appends go on in between. In each mailbox the oldest go first and no hole is left: what must stay keeps everything after it,
    /// among entries and among ids. An id may stay longer than its entry, never the reverse.
    /// </summary>
    ValueTask<ForgetReport> ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Begins a new history at this point: what a restore from a backup does before the first client connects.
    /// Durable when it returns.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    ValueTask<Epoch> BeginEpochAsync();
}

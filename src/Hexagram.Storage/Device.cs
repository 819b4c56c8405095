using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>What a device's Hello says about its stream.</summary>
/// <param name="Mailbox">Whose mailbox: the authenticated user.</param>
/// <param name="Device">Which device.</param>
/// <param name="Epoch">The history that <paramref name="Cursor"/> belongs to; <see cref="Epoch.None"/> for an inbox that has none yet.</param>
/// <param name="Cursor">Up to where the inbox has everything since its start; without a meaning when there is no epoch.</param>
/// <param name="Start">Where the inbox began, or wants to begin. It tells for a device that the store does not know whether its cursor reaches back to the oldest entry.</param>
public sealed record DeviceHello(UserId Mailbox, DeviceId Device, Epoch Epoch, Sequence Cursor, StreamStart Start);

/// <summary>Where a device's stream begins or resumes.</summary>
/// <param name="Code"><see cref="ErrorCode.None"/>, or why the stream cannot be opened: <see cref="ErrorCode.CursorAhead"/> or <see cref="ErrorCode.TooManyDevices"/>.</param>
/// <param name="ResumeAfter">The stream goes on with the number after this one.</param>
/// <param name="Cursor">
/// Where the device's cursor stands now. Lower than <paramref name="ResumeAfter"/> when Hello's cursor delivered more than one call
/// reports: then confirm <paramref name="ResumeAfter"/> with <see cref="IMailboxStore.ConfirmAsync"/> until it is reached.
/// </param>
/// <param name="Position">First and last entry of the mailbox.</param>
/// <param name="NewlyDelivered">What the cursor in Hello confirmed first of all devices; see <see cref="Confirmation.NewlyDelivered"/>.</param>
public sealed record DeviceOpening(
    ErrorCode Code,
    Sequence ResumeAfter,
    Sequence Cursor,
    MailboxPosition Position,
    IReadOnlyList<DeliveredMessage> NewlyDelivered);

/// <summary>Where a device stands: it has confirmed <c>Start &lt; n ≤ Cursor</c>, nothing else.</summary>
/// <param name="Device">Which device.</param>
/// <param name="Start">Where its stream began, or began anew after entries were gone.</param>
/// <param name="Cursor">Up to where it has confirmed.</param>
/// <param name="SeenAt">When it last opened its stream or confirmed, to within an hour.</param>
public sealed record DevicePosition(DeviceId Device, Sequence Start, Sequence Cursor, DateTimeOffset SeenAt);

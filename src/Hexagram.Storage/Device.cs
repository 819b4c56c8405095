using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>What a device's Hello says about its stream.</summary>
public sealed record DeviceHello(UserId Mailbox, DeviceId Device, Epoch Epoch, Sequence Cursor, StreamStart Start);

/// <summary>Where a device's stream begins or resumes.</summary>
/// <param name="Code"><see cref="ErrorCode.None"/>, or why the stream cannot be opened: <see cref="ErrorCode.CursorAhead"/> or <see cref="ErrorCode.TooManyDevices"/>.</param>
/// <param name="ResumeAfter">The stream goes on with the number after this one.</param>
/// <param name="Position">First and last entry of the mailbox.</param>
/// <param name="NewlyDelivered">What the cursor in Hello confirmed first of all devices; see <see cref="Confirmation.NewlyDelivered"/>.</param>
public sealed record DeviceOpening(
    ErrorCode Code,
    Sequence ResumeAfter,
    MailboxPosition Position,
    IReadOnlyList<DeliveredMessage> NewlyDelivered);

/// <summary>Where a device stands: it has confirmed <c>Start &lt; n ≤ Cursor</c>, nothing else.</summary>
public sealed record DevicePosition(DeviceId Device, Sequence Start, Sequence Cursor, DateTimeOffset SeenAt);

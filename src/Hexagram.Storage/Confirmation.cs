using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>The result of a confirmation.</summary>
/// <param name="Cursor">Where the device's cursor stands now.</param>
/// <param name="NewlyDelivered">The messages that no device had confirmed before, in sequence.</param>
public sealed record Confirmation(Sequence Cursor, IReadOnlyList<DeliveredMessage> NewlyDelivered)
{
    /// <summary>The most messages that one call reports as newly delivered; the cursor then stops there.</summary>
    public const int NewlyDeliveredMax = 1_000;

    /// <summary>False when the mailbox has no record of the device (any more): nothing that it says is applied until it is opened again.</summary>
    public bool IsDeviceKnown { get; init; } = true;
}

/// <summary>A message that its first device has confirmed: what the sender is to be told.</summary>
public readonly record struct DeliveredMessage(UserId From, MessageId Id, Sequence Sequence);

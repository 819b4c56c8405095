using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>How much a mailbox may hold, and one sender may put there. Each bound answers with its own code, never with a drop.</summary>
public sealed record MailboxLimits
{
    /// <summary>Entries of a mailbox that no device has confirmed. Beyond: <c>MailboxFull</c>, retry later.</summary>
    public int UnconfirmedMax { get; init; } = 100_000;

    /// <summary>The same from one sender. Beyond: <c>SenderQuota</c>, retry later.</summary>
    public int UnconfirmedPerSenderMax { get; init; } = 10_000;

    /// <summary>Devices of one user. Beyond: <c>TooManyDevices</c>.</summary>
    public int DevicesPerUserMax { get; init; } = 32;

    /// <summary>Mailboxes that one sender may bring into being per UTC day. Beyond: <c>NewMailboxQuota</c>, retry later.</summary>
    public int NewMailboxesPerSenderPerDay { get; init; } = 10_000;

    /// <summary>How far an id's time may lie ahead of the server's clock. Beyond: <c>ClockSkew</c>.</summary>
    public TimeSpan ClockSkewMax { get; init; } = ProtocolLimits.ClockSkewMax;

    /// <summary>Says what is wrong with the limits, or null when they can be used.</summary>
    public string? Fault() => this switch
    {
        { UnconfirmedMax: < 1 } => $"UnconfirmedMax is {UnconfirmedMax}; it must be 1 or more.",
        { UnconfirmedPerSenderMax: < 1 } => $"UnconfirmedPerSenderMax is {UnconfirmedPerSenderMax}; it must be 1 or more.",
        { DevicesPerUserMax: < 1 } => $"DevicesPerUserMax is {DevicesPerUserMax}; it must be 1 or more.",
        { NewMailboxesPerSenderPerDay: < 1 } => $"NewMailboxesPerSenderPerDay is {NewMailboxesPerSenderPerDay}; it must be 1 or more.",
        _ when ClockSkewMax < TimeSpan.Zero => $"ClockSkewMax is {ClockSkewMax}; it must not be negative.",
        _ => null,
    };
}

namespace Hexagram.Storage;

/// <summary>When a mailbox may forget. What no device has confirmed is never forgotten by time.</summary>
public sealed record ForgettingPolicy
{
    /// <summary>How long an entry stays after some device has confirmed it. At least 1 second.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long a message id is remembered at the least, so that a resend is known as one.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromDays(30);

    /// <summary>A device that was not seen for this long holds nothing back that another has confirmed.</summary>
    public TimeSpan DeviceUnseen { get; init; } = TimeSpan.FromDays(60);
}

/// <summary>What a call of <see cref="IMailboxStore.ForgetAsync"/> removed.</summary>
public readonly record struct ForgetReport(long Entries, long MessageIds);

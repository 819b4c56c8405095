using Hexagram.Protocol;

namespace Hexagram.Storage;

/// <summary>When a mailbox may forget. What no device has confirmed is never forgotten by time.</summary>
public sealed record ForgettingPolicy
{
    /// <summary>How old an entry must be, counted from its acceptance, before it may go; it must be confirmed as well. At least 1 second.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How old a message id must be, by its own time and by its acceptance, before it may go: until then a resend is known as one,
    /// even when the entry is gone. At least 1 second.
    /// </summary>
    public TimeSpan Horizon { get; init; } = ProtocolLimits.HorizonDefault;

    /// <summary>A device that was not seen for this long holds nothing back that another has confirmed, and makes room for a new device. At least 1 second.</summary>
    public TimeSpan DeviceUnseen { get; init; } = TimeSpan.FromDays(60);

    /// <summary>Says what is wrong with the policy, or null when it can be used.</summary>
    public string? Fault() => this switch
    {
        _ when Retention < Least => $"Retention is {Retention}; it must be {Least} or more.",
        _ when Horizon < Least => $"Horizon is {Horizon}; it must be {Least} or more.",
        _ when DeviceUnseen < Least => $"DeviceUnseen is {DeviceUnseen}; it must be {Least} or more.",
        _ => null,
    };

    private static TimeSpan Least => TimeSpan.FromSeconds(1);
}

/// <summary>What a call of <see cref="IMailboxStore.ForgetAsync"/> removed.</summary>
public readonly record struct ForgetReport(long Entries, long MessageIds);

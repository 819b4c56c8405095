using Hexagram.Protocol;

namespace Hexagram.Server.Options;

/// <summary>Long polling, for clients that have nothing but HTTP requests (PROTOCOL §14).</summary>
public sealed record PollingOptions
{
    /// <summary>How long a user counts as online between two polls. Longer than a client takes from an answer to its next poll, on a bad line; more than zero.</summary>
    public TimeSpan Lease { get; init; } = ProtocolLimits.LeaseDefault;

    /// <summary>How long a poll is held that does not say for how long. At most 90 s, as any is.</summary>
    public TimeSpan Hold { get; init; } = ProtocolLimits.HoldDefault;
}

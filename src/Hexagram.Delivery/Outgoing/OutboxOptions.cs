using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>The sender's timers and bounds (PROTOCOL §11).</summary>
public sealed record OutboxOptions
{
    /// <summary>How long after msg:A the first resend waits for ack:N. More than zero.</summary>
    public TimeSpan ConfirmationTimeout { get; init; } = ProtocolLimits.ResendAfter;

    /// <summary>The cap of the exponential backoff between resends. At least <see cref="ConfirmationTimeout"/>.</summary>
    public TimeSpan BackoffMax { get; init; } = ProtocolLimits.ResendAfterMax;

    /// <summary>The first wait after a retry-later answer; doubles up to <see cref="BackoffMax"/>.</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a msg:R may go without any answer before the connection is given up.</summary>
    public TimeSpan AnswerTimeout { get; init; } = ProtocolLimits.AnswerTimeout;

    /// <summary>How long after a message was stored its status is asked for the first time, at the most.</summary>
    public TimeSpan StatusSoon { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the status of stored messages is asked while connected.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Msg:R without an answer at a time; the server's limit from Welcome may lower it. 1 or more.</summary>
    public int InFlightMax { get; init; } = ProtocolLimits.RequestsInFlightMaxDefault;

    /// <summary>Ids in one status request. 1 to 256.</summary>
    public int StatusBatchMax { get; init; } = 256;
}

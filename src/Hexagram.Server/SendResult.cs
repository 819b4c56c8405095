using Hexagram.Protocol;

namespace Hexagram.Server;

/// <summary>What became of a message of <see cref="IHexagram"/>.</summary>
/// <param name="Id">Its id, to send it again with or to ask for its status.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">Why, for all that is not accepted (PROTOCOL §10).</param>
/// <param name="AcceptedAt">When it was first accepted, if it is.</param>
/// <param name="IsDelivered">A device of the recipient had it already; only ever for a duplicate.</param>
/// <param name="RetryAfter">How long to wait before sending it again, for <see cref="SendOutcome.RetryLater"/> and <see cref="SendOutcome.Unknown"/>.</param>
public readonly record struct SendResult(
    MessageId Id,
    SendOutcome Outcome,
    ErrorCode Code,
    DateTimeOffset AcceptedAt,
    bool IsDelivered,
    TimeSpan RetryAfter)
{
    /// <summary>It is on disk, by this call or an earlier one.</summary>
    public bool IsAccepted => Outcome is SendOutcome.Accepted or SendOutcome.Duplicate;
}

/// <summary>The outcomes of <see cref="IHexagram.SendAsync(UserId, UserId, Body, MessageId?, CancellationToken)"/>.</summary>
public enum SendOutcome
{
    /// <summary>On disk, by this call.</summary>
    Accepted,

    /// <summary>On disk already: it was sent before, with the same id.</summary>
    Duplicate,

    /// <summary>Not taken, finally for this id; <see cref="SendResult.Code"/> says why.</summary>
    Refused,

    /// <summary>Not taken now; <see cref="SendResult.Code"/> says why.</summary>
    RetryLater,

    /// <summary>The store has failed or was closed meanwhile: it may be on disk or not. Sent again with the same id, it is there once.</summary>
    Unknown,
}

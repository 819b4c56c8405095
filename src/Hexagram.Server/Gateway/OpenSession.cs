using System.Security.Claims;
using Hexagram.Protocol;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Router;

namespace Hexagram.Server.Gateway;

/// <summary>What a session has once its Hello is accepted.</summary>
/// <param name="User">Who the token says it is; every right of the session comes from here, none from a packet.</param>
/// <param name="Record">What the router knows of it.</param>
/// <param name="ExpiresAt">When the token ends.</param>
/// <param name="Principal">What else is known of the user; null when nothing is.</param>
/// <param name="Requests">Its msg:R.</param>
/// <param name="Stream">Its msg:N.</param>
/// <param name="Confirmations">Its ack:R.</param>
internal sealed record OpenSession(
    UserId User,
    SessionRecord Record,
    DateTimeOffset ExpiresAt,
    ClaimsPrincipal? Principal,
    RequestLine Requests,
    SessionStream Stream,
    ConfirmationLine Confirmations)
{
    /// <summary>Where the router finds it, if it is a poll: what it has to say between two of them is kept there.</summary>
    public PollLease? Lease { get; init; }

    /// <summary>It takes msg:R and answers them; the router does not know of it.</summary>
    public bool IsOnlyForMessages => Record.Address == default;

    /// <summary>Entries are brought to it.</summary>
    public bool IsReceiving => Record.Receiving;
}

using System.Security.Claims;
using Hexagram.Protocol;

namespace Hexagram.Server.Authorization;

/// <summary>
/// The host's decision who may write to whom. Asked for every msg:R, so it had better answer from memory; a completed
/// <see cref="ValueTask{TResult}"/> costs nothing. Called from many threads at once.
/// </summary>
public interface IMessageAuthorizer
{
    /// <summary>Whether the sender may write to the recipient. A fault or a time-out counts as <see cref="AuthorizationResult.Unavailable"/>.</summary>
    ValueTask<AuthorizationResult> AuthorizeAsync(Correspondence correspondence, CancellationToken cancellationToken);
}

/// <summary>Who wants to write to whom.</summary>
/// <param name="From">The sender, authenticated.</param>
/// <param name="To">The recipient, of whom nothing need be known here.</param>
/// <param name="Sender">The sender's claims, as the host's authentication or an identity provider's token tells them; null for one of the server's own tokens.</param>
public readonly record struct Correspondence(UserId From, UserId To, ClaimsPrincipal? Sender);

/// <summary>The answer of an <see cref="IMessageAuthorizer"/>.</summary>
public enum AuthorizationResult
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>It may not: the message is refused, finally for its id.</summary>
    Forbidden,

    /// <summary>That cannot be found out at the moment: the sender is told to retry later.</summary>
    Unavailable,
}

using Hexagram.Protocol;

namespace Hexagram.Server.Authorization;

/// <summary>
/// The host's decision who may write to whom. Asked for every msg:R, so it had better answer from memory; a completed
/// <see cref="ValueTask{TResult}"/> costs nothing. Called from many threads at once.
/// </summary>
public interface IMessageAuthorizer
{
    /// <summary>Whether <paramref name="from"/> may write to <paramref name="to"/>. A fault or a time-out counts as <see cref="AuthorizationResult.Unavailable"/>.</summary>
    ValueTask<AuthorizationResult> AuthorizeAsync(UserId from, UserId to, CancellationToken cancellationToken);
}

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

using System.Security.Claims;
using Hexagram.Protocol;

namespace Hexagram.Server.Authentication;

/// <summary>Tells who a token belongs to. Called from many threads at once; never logs or keeps a token.</summary>
public interface ITokenAuthenticator
{
    /// <summary>Checks <paramref name="token"/>, which may be any text.</summary>
    ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken);
}

/// <summary>What a token proves.</summary>
/// <param name="Code">
/// <see cref="ErrorCode.None"/>; or <see cref="ErrorCode.TokenInvalid"/>, <see cref="ErrorCode.Authenticate"/> for one that has expired, or
/// <see cref="ErrorCode.AuthenticatorUnavailable"/> when that cannot be found out now.
/// </param>
/// <param name="User">Who it is, when the code is none.</param>
/// <param name="ExpiresAt">When the session ends for want of a new token; <see cref="DateTimeOffset.MaxValue"/> for never.</param>
/// <param name="Principal">What else is known of the user, for the authorizer; null when nothing is.</param>
public readonly record struct AuthenticationResult(ErrorCode Code, UserId User, DateTimeOffset ExpiresAt, ClaimsPrincipal? Principal = null)
{
    /// <summary>A valid token.</summary>
    public static AuthenticationResult Valid(UserId user, DateTimeOffset expiresAt, ClaimsPrincipal? principal = null) =>
        new(ErrorCode.None, user, expiresAt, principal);

    /// <summary>A token that proves nothing here.</summary>
    public static AuthenticationResult Invalid() => new(ErrorCode.TokenInvalid, default, default);

    /// <summary>A token that was valid once.</summary>
    public static AuthenticationResult Expired() => new(ErrorCode.Authenticate, default, default);

    /// <summary>A token of which nothing can be said at the moment: its bearer is told to come again later.</summary>
    public static AuthenticationResult Unavailable() => new(ErrorCode.AuthenticatorUnavailable, default, default);
}

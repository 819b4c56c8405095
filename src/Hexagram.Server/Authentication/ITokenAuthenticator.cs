using Hexagram.Protocol;

namespace Hexagram.Server.Authentication;

/// <summary>Tells who a token belongs to. Called from many threads at once; never logs or keeps a token.</summary>
public interface ITokenAuthenticator
{
    /// <summary>Checks <paramref name="token"/>, which may be any text.</summary>
    ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken);
}

/// <summary>What a token proves.</summary>
/// <param name="Code"><see cref="ErrorCode.None"/>, or <see cref="ErrorCode.TokenInvalid"/>, or <see cref="ErrorCode.Authenticate"/> for one that has expired.</param>
/// <param name="User">Who it is, when the code is none.</param>
/// <param name="ExpiresAt">When the session ends for want of a new token; <see cref="DateTimeOffset.MaxValue"/> for never.</param>
public readonly record struct AuthenticationResult(ErrorCode Code, UserId User, DateTimeOffset ExpiresAt)
{
    /// <summary>A valid token.</summary>
    public static AuthenticationResult Valid(UserId user, DateTimeOffset expiresAt) => new(ErrorCode.None, user, expiresAt);

    /// <summary>A token that proves nothing here.</summary>
    public static AuthenticationResult Invalid() => new(ErrorCode.TokenInvalid, default, default);

    /// <summary>A token that was valid once.</summary>
    public static AuthenticationResult Expired() => new(ErrorCode.Authenticate, default, default);
}

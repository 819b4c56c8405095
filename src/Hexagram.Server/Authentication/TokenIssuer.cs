using Hexagram.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>Makes the tokens that <see cref="JwtAuthenticator"/> takes. Thread-safe.</summary>
/// <param name="key">The server's key.</param>
/// <param name="time">The clock that expiry counts from.</param>
public sealed class TokenIssuer(SigningKey key, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(key.Secret, SecurityAlgorithms.HmacSha256);

    /// <summary>A token that proves its bearer to be <paramref name="user"/> for <paramref name="lifetime"/> from now; more than zero, at most 100 years.</summary>
    public string Issue(UserId user, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, TimeSpan.FromDays(36_500));
        var now = time.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user.Value },
            IssuedAt = now,
            Expires = now + lifetime,
            SigningCredentials = _credentials,
        });
    }
}

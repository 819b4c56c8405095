using Hexagram.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>
/// JSON Web Tokens (RFC 7519) signed with the server's own key, HS256 only. The user is the claim <c>sub</c>; <c>exp</c> must be there.
/// </summary>
/// <param name="key">The key that signed them.</param>
/// <param name="time">The server's clock.</param>
public sealed class JwtAuthenticator(SigningKey key, TimeProvider time) : ITokenAuthenticator
{
    private readonly JsonWebTokenHandler _handler = new();

    private readonly TokenValidationParameters _rules = new()
    {
        IssuerSigningKey = key.Secret,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        RequireSignedTokens = true,

        // The key is this server's alone, so whoever signed with it is the issuer and this server the audience.
        ValidateIssuer = false,
        ValidateAudience = false,

        // Checked below on the server's clock, so that expired can be told from invalid.
        ValidateLifetime = false,
    };

    /// <summary>The key that signed them.</summary>
    internal SigningKey Key => key;

    /// <inheritdoc/>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        var result = await _handler.ValidateTokenAsync(token, _rules).ConfigureAwait(false);
        return result is { IsValid: true, SecurityToken: JsonWebToken jwt } && UserId.TryParse(jwt.Subject, out var user)
            ? TokenTimes.Judge(jwt, user, null, time.GetUtcNow())
            : AuthenticationResult.Invalid();
    }
}

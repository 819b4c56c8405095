using System.Security.Claims;
using Hexagram.Server.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>JSON Web Tokens that an identity provider signs with a private key, RS256 or ES256 (RFC 7518 §3.3, §3.4). <c>exp</c> must be there.</summary>
/// <param name="keys">The provider's public keys.</param>
/// <param name="options">Who the issuer and the audience must be.</param>
/// <param name="users">Tells who the user is.</param>
/// <param name="time">The server's clock.</param>
internal sealed class ProviderTokens(IProviderKeys keys, TokenOptions options, PrincipalUsers users, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new();

    /// <summary>Whether a token says to be of this kind.</summary>
    public static bool Takes(JsonWebToken token) => token.Alg is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256;

    /// <summary>Checks a token that <see cref="Takes"/> is true for.</summary>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(JsonWebToken token, CancellationToken cancellationToken)
    {
        var found = await keys.FindAsync(token.Kid, cancellationToken).ConfigureAwait(false);
        var candidates = found.Keys.Where(key => ProviderKey.Signs(key, token.Alg)).ToList();
        if (candidates.Count == 0)
        {
            return found.IsCertain ? AuthenticationResult.Invalid() : AuthenticationResult.Unavailable();
        }

        var result = await _handler.ValidateTokenAsync(token, Rules(token.Alg, candidates)).ConfigureAwait(false);
        if (!result.IsValid)
        {
            return AuthenticationResult.Invalid();
        }

        var principal = new ClaimsPrincipal(result.ClaimsIdentity);
        return users.UserOf(principal) is { } user
            ? TokenTimes.Judge(token, user, principal, time.GetUtcNow())
            : AuthenticationResult.Invalid();
    }

    private TokenValidationParameters Rules(string algorithm, List<SecurityKey> candidates) => new()
    {
        IssuerSigningKeys = candidates,
        ValidAlgorithms = [algorithm],
        RequireSignedTokens = true,
        ValidateIssuer = options.Issuer is not null,
        ValidIssuer = options.Issuer,
        ValidateAudience = options.Audience is not null,
        ValidAudience = options.Audience,
        ValidateLifetime = false,
    };
}

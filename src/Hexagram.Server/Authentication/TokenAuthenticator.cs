using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hexagram.Server.Authentication;

/// <summary>
/// The default: tokens of the server's own key (HS256), and tokens that an identity provider signs (RS256, ES256). Which of the two one is, its header says; each
/// kind is checked with its own keys alone, so that a public key is never taken for a secret.
/// </summary>
/// <param name="own">Checks the first kind; null where the server has no key of its own.</param>
/// <param name="provider">Checks the second kind; null where there is no provider.</param>
internal sealed class TokenAuthenticator(JwtAuthenticator? own, ProviderTokens? provider) : ITokenAuthenticator
{
    /// <summary>The server's own key.</summary>
    public SigningKey? Key => own?.Key;

    /// <summary>No token can be valid here.</summary>
    public bool TakesNone => own is null && provider is null;

    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken) =>
        provider is not null && Read(token) is { } signed && ProviderTokens.Takes(signed) ? provider.AuthenticateAsync(signed, cancellationToken)
        : own is not null ? own.AuthenticateAsync(token, cancellationToken)
        : new(AuthenticationResult.Invalid());

    private static JsonWebToken? Read(string token)
    {
        try
        {
            return new JsonWebToken(token);
        }
        catch (Exception fault) when (fault is ArgumentException or SecurityTokenException or FormatException or JsonException)
        {
            return null;
        }
    }
}

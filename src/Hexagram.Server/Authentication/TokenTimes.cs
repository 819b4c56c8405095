using System.Security.Claims;
using Hexagram.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Hexagram.Server.Authentication;

/// <summary>Judges a token whose signature holds by the times in it, on the server's clock, so that expired can be told from invalid. <c>exp</c> must be there.</summary>
internal static class TokenTimes
{
    /// <summary>A provider's clock may be so far ahead of the server's: a token that it has just made is no token of the future.</summary>
    private static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(1);

    public static AuthenticationResult Judge(JsonWebToken token, UserId user, ClaimsPrincipal? principal, DateTimeOffset now)
    {
        if (!token.TryGetPayloadValue(JwtRegisteredClaimNames.Exp, out long expires)
            || expires < 0 || expires > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return AuthenticationResult.Invalid();
        }

        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(expires);
        return expiresAt <= now ? AuthenticationResult.Expired()
            : token.ValidFrom > (now + AheadMax).UtcDateTime ? AuthenticationResult.Invalid()
            : AuthenticationResult.Valid(user, expiresAt, principal);
    }
}

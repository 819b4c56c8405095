using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Authentication;

/// <summary>Who an HTTP request is, as the host's own authentication has found (PROTOCOL §4, authenticated connections). Thread-safe.</summary>
internal sealed partial class HttpUser(PrincipalUsers users, ILogger<HttpUser> logger)
{
    /// <summary>The user, for as long as the authentication holds; null for a request that is nobody's.</summary>
    public AuthenticationResult? Of(HttpContext context)
    {
        if (context.User.Identity is not { IsAuthenticated: true })
        {
            return null;
        }

        if (users.UserOf(context.User) is not { } user)
        {
            LogNoUser(logger);
            return null;
        }

        var properties = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties;
        return AuthenticationResult.Valid(user, properties?.ExpiresUtc ?? DateTimeOffset.MaxValue, context.User);
    }
}

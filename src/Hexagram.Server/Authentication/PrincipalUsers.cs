using System.Security.Claims;
using Hexagram.Protocol;

namespace Hexagram.Server.Authentication;

/// <summary>Tells which user a principal is, be it of an HTTP request or of an identity provider's token.</summary>
/// <param name="userOf">The rule; null for a principal that is no user here. Called from many threads at once.</param>
internal sealed class PrincipalUsers(Func<ClaimsPrincipal, UserId?> userOf)
{
    /// <summary>The user is the claim named so; by default <c>sub</c>, and where there is none the name identifier.</summary>
    public static PrincipalUsers ByClaim(string? claim) => new(principal =>
    {
        var found = claim is null ? principal.FindFirst("sub") ?? principal.FindFirst(ClaimTypes.NameIdentifier) : principal.FindFirst(claim);
        return UserId.TryParse(found?.Value, out var user) ? user : null;
    });

    /// <summary>The user, or null.</summary>
    public UserId? UserOf(ClaimsPrincipal principal) => userOf(principal);
}

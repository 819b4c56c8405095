using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hexagram.AspNetCore.Tests.Harness;

/// <summary>
/// The host's authentication, as simple as it can be: the header <c>Claims</c> says who the request is, such as <c>sub=alice;role=editor</c>, and for
/// how long it is good: <c>until=2026-01-02T03:04:35Z</c>.
/// </summary>
internal sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Header";
    public const string Header = "Claims";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var said = Request.Headers[Header].ToString();
        if (said.Length == 0)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var claims = said.Split(';').Select(part => part.Split('=')).ToList();
        var properties = new AuthenticationProperties();
        if (claims.Find(claim => claim[0] == "until") is { } until)
        {
            properties.ExpiresUtc = DateTimeOffset.Parse(until[1], null);
        }

        var principal = new ClaimsPrincipal(new ClaimsIdentity(claims.Select(claim => new Claim(claim[0], claim[1])), Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, properties, Name)));
    }
}

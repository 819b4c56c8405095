using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Hexagram.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Dashboard;

namespace Hexagram.Cli.Serving;

/// <summary>
/// Orleans' own page about the nodes and what is in memory on them, for whoever knows the administrator's key. It shows the ids of users, and changes nothing.
/// </summary>
internal static class Dashboard
{
    private const string Path = "/dashboard";

    /// <summary>Collects what the page shows, on every node.</summary>
    public static void Add(IServiceCollection services) => services.AddOrleans(static silo => silo.AddDashboard(static options => options.HideTrace = true));

    /// <summary>Serves the page to whoever knows the key.</summary>
    public static void Map(WebApplication application, string key)
    {
        var digest = Digest(key);
        RouteGroupBuilder pages = application.MapOrleansDashboard(Path);
        pages.RefuseForeignPages();
        ((IEndpointConventionBuilder)pages).Finally(endpoint =>
        {
            var answer = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => Knows(context.Request, digest) ? answer(context) : AskAsync(context);
        });
    }

    /// <summary>Compared in a time that says nothing about how much of it was right.</summary>
    private static bool Knows(HttpRequest request, byte[] digest) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var given)
        && Secret(given) is { } secret
        && CryptographicOperations.FixedTimeEquals(Digest(secret), digest);

    private static string? Secret(AuthenticationHeaderValue given)
    {
        if (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return given.Parameter;
        }

        // Basic: NAME:KEY in Base64, in which the name is nobody's.
        var bytes = new byte[given.Parameter?.Length ?? 0];
        return given.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && Convert.TryFromBase64String(given.Parameter ?? "", bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length) is var pair && pair.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon
            ? pair[(colon + 1)..]
            : null;
    }

    private static Task AskAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"Hexagram\", charset=\"UTF-8\"";
        return context.Response.WriteAsync("Sign in with any name and the key that the setting Dashboard:Key names.\n", context.RequestAborted);
    }

    private static byte[] Digest(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}

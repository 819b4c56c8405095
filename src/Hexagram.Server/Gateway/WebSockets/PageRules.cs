using System.Net;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Http;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>
/// Which web pages may use this server through the browsers that they are open in (PROTOCOL §3.4). A browser says where a page comes from in
/// <c>Origin</c>, and no script can change that; programs that are no browsers send none, and prove with their token alone who they are.
/// </summary>
/// <remarks>
/// <c>Host</c> guards against DNS rebinding: a page of <c>evil.example</c> whose name suddenly means 127.0.0.1 has the origin that it asks for,
/// so "the same origin" says nothing until the name is known to be ours. Thread-safe.
/// </remarks>
internal sealed class PageRules(ServerOptions options)
{
    private readonly HashSet<string> _origins = new(options.Browsers.Origins, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _hosts = new(options.Browsers.Hosts, StringComparer.OrdinalIgnoreCase);

    /// <summary>Why no session may be opened; null when one may.</summary>
    public string? RefusalOfSession(HttpContext context)
    {
        var origins = context.Request.Headers.Origin;
        return origins.Count == 0 || _origins.Contains(origins.ToString()) ? null
            : RefusalOfHost(context) is { } refusal ? refusal
            : IsOwn(origins.ToString(), context.Request) ? null
            : $"Pages of {Shown(origins.ToString())} may not use this server. Its operator can allow them with Browsers:AllowedOrigins.";
    }

    /// <summary>Why an answer may not be given that a foreign page must not read, also where a browser sends no <c>Origin</c>; null when it may.</summary>
    public string? RefusalOfPage(HttpContext context) =>
        context.Request.Headers.Origin.Count > 0 ? RefusalOfSession(context)
        : RefusalOfHost(context) is { } refusal ? refusal
        : context.Request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" ? null
        : "Pages of another place may not use this.";

    /// <summary>Answers a request that was refused.</summary>
    public static Task RefuseAsync(HttpContext context, string reason) => PlainAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, reason);

    private string? RefusalOfHost(HttpContext context)
    {
        var host = context.Request.Host.Host.Trim('[', ']');
        if (_hosts.Contains(host))
        {
            return null;
        }

        // An address is no name that somebody could let point elsewhere.
        var isLoopbackListener = context.Connection.LocalIpAddress is not { } local || IPAddress.IsLoopback(local);
        var isOurs = IPAddress.TryParse(host, out var address)
            ? IPAddress.IsLoopback(address) || !isLoopbackListener
            : isLoopbackListener && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
        return isOurs ? null : $"This server is not known as {Shown(host)}. Its operator can allow the name with Browsers:AllowedHosts.";
    }

    /// <summary>The page comes from the place that it asks. What a proxy in front has decrypted, it may ask with TLS; the reverse is another page.</summary>
    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var page)
        && page is { Scheme: "http" or "https" }
        && (!request.IsHttps || page.Scheme == "https")
        && Uri.TryCreate($"{page.Scheme}://{request.Host.Value}", UriKind.Absolute, out var own)
        && page.Authority == own.Authority;

    /// <summary>What a stranger sent, as far as it is fit to be repeated.</summary>
    private static string Shown(string text) => text.Length is > 0 and <= 256 && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text : "that place";
}

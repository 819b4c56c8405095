using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hexagram.Cli.CommandLine;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Hexagram.Cli.Serving.Pages;

/// <summary>
/// The web page at <c>/</c>, and the three things that it asks of this program and not of the protocol: what there is, a token for whoever has the link, and a restart.
/// </summary>
/// <param name="files">The folder of the built page; it need not exist.</param>
/// <param name="key">What the link proves; null when the page offers neither sign-in nor the lab, because others than this machine are served.</param>
/// <param name="issuer">Makes the tokens.</param>
/// <param name="restart">Where the wish for a restart goes.</param>
/// <param name="time">The clock.</param>
internal sealed partial class PageEndpoints(string files, PageKey? key, TokenIssuer issuer, ServerRestart restart, TimeProvider time)
{
    /// <summary>Where a build puts the page, beside the program.</summary>
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "page");

    /// <summary>The page asks for the next one before this is over.</summary>
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    /// <summary>Scripts, styles and connections of this server alone. Nobody frames it, and nothing that somebody writes to somebody can load anything.</summary>
    private const string Policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Adds the page to <paramref name="application"/>.</summary>
    public void Map(WebApplication application)
    {
        application.MapGet("/page.json", (RequestDelegate)FactsAsync).RefuseForeignPages();
        application.MapPost("/page/token", (RequestDelegate)TokenAsync).RefuseForeignPages();
        application.MapPost("/page/restart", (RequestDelegate)RestartAsync).RefuseForeignPages();
        if (!Directory.Exists(files))
        {
            application.MapGet("/", (RequestDelegate)SayThatItIsMissingAsync);
            return;
        }

        var page = new PhysicalFileProvider(files);
        application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = page });
        application.UseStaticFiles(new StaticFileOptions { FileProvider = page, OnPrepareResponse = Prepare });
    }

    private Task FactsAsync(HttpContext context) =>
        Results.Json(new PageFacts(HexagramCommandLine.Version, key is not null), PageJson.Default.PageFacts).ExecuteAsync(context);

    private Task TokenAsync(HttpContext context)
    {
        string? name = context.Request.Query["user"];
        var answer = Refusal(context.Request)
            ?? (UserId.TryParse(name, out var user)
                ? Results.Json(new PageToken(issuer.Issue(user, TokenLifetime), time.GetUtcNow() + TokenLifetime), PageJson.Default.PageToken)
                : Results.Problem($"No user can be called that: 1 to {UserId.BytesMax} bytes of UTF-8 without white space.", statusCode: StatusCodes.Status400BadRequest));
        return answer.ExecuteAsync(context);
    }

    private Task RestartAsync(HttpContext context)
    {
        var answer = Refusal(context.Request);
        if (answer is null)
        {
            _ = int.TryParse(context.Request.Query["away"], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds);
            restart.Wish(TimeSpan.FromMilliseconds(Math.Min(milliseconds, ServerRestart.AwayMillisecondsMax)));
            answer = Results.Accepted();
        }

        return answer.ExecuteAsync(context);
    }

    private static Task SayThatItIsMissingAsync(HttpContext context) => Results.Text(
        "The server runs. Its web page is missing: it is made when this program is built where Node.js 20 or later is installed.\n",
        statusCode: StatusCodes.Status404NotFound).ExecuteAsync(context);

    private IResult? Refusal(HttpRequest request) =>
        key is null ? Results.Problem("This server serves other machines, so its page gives no tokens. Make one with 'hexagram token'.", statusCode: StatusCodes.Status403Forbidden)
        : key.IsIn(request) ? null
        : Results.Problem("Open the page by the link that 'hexagram serve' has printed.", statusCode: StatusCodes.Status401Unauthorized);

    private static void Prepare(StaticFileResponseContext context)
    {
        var headers = context.Context.Response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = Policy;
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Vite names what it builds by its content.
        headers[HeaderNames.CacheControl] = context.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
    }

    /// <summary>What the page may offer.</summary>
    /// <param name="Version">Of the server.</param>
    /// <param name="Link">Whoever has come by the printed link may be anybody, and use the lab.</param>
    internal sealed record PageFacts(string Version, bool Link);

    internal sealed record PageToken(string Token, DateTimeOffset ExpiresAt);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(PageFacts))]
    [JsonSerializable(typeof(PageToken))]
    internal sealed partial class PageJson : JsonSerializerContext;
}

using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// What every request of long polling passes (PROTOCOL §14, §14.5): from which page, in which form, by whom, how many at a time, how long. A stranger is
/// answered before his body is read. Thread-safe.
/// </summary>
internal sealed class PollingGate(PageRules pages, HttpUser httpUser, ITokenAuthenticator authenticator, ServerOptions options)
{
    /// <summary>Requests of one user under way, for each of the sessions that it may have: a poll and the one that takes its place, messages and a status.</summary>
    private const int RequestsPerSession = 4;

    /// <summary>So many of the longest bodies one user may have under way; a session on a socket holds one, and a user may have more of those.</summary>
    private const int LongestBodies = 4;

    private const string Scheme = "Bearer ";

    private readonly UserRequests _share = new(
        checked(options.Bounds.SessionsPerUserMax * RequestsPerSession),
        (long)LongestBodies * PollingEndpoints.MessagesBytesMax(options.Bounds));

    /// <summary>Answers a request that is not to be served, and serves the others.</summary>
    /// <param name="context">The request.</param>
    /// <param name="bodyBytesMax">The longest body.</param>
    /// <param name="serveAsync">Gets who it is, and the body.</param>
    public async Task PassAsync(HttpContext context, int bodyBytesMax, Func<HttpContext, AuthenticationResult, ReadOnlyMemory<byte>, Task> serveAsync)
    {
        try
        {
            await AdmitAsync(context, bodyBytesMax, serveAsync).ConfigureAwait(false);
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested && gone is IOException or OperationCanceledException)
        {
            // The client went while its request was read or checked: there is nobody to answer.
        }
    }

    /// <summary>Answers with a problem.</summary>
    public Task RefuseAsync(HttpContext context, ErrorCode code, string text, int? status = null) => HttpAnswers.WriteProblemAsync(
        context,
        new Goodbye(code, text, code.Remedy() == ErrorRemedy.RetryLater ? options.Times.RetryAfter : TimeSpan.Zero),
        status ?? HttpAnswers.StatusOf(code));

    private async Task AdmitAsync(HttpContext context, int bodyBytesMax, Func<HttpContext, AuthenticationResult, ReadOnlyMemory<byte>, Task> serveAsync)
    {
        context.Response.Headers.Vary = "Origin";
        if (pages.RefusalOfSession(context) is { } foreign)
        {
            await RefuseAsync(context, ErrorCode.ProtocolViolation, foreign, StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }

        AllowPage(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            AnswerPreflight(context.Response);
            return;
        }

        if (WrongForm(context) is var (status, words))
        {
            await RefuseAsync(context, ErrorCode.ProtocolViolation, words, status).ConfigureAwait(false);
            return;
        }

        var identity = await WhoAsync(context).ConfigureAwait(false);
        if (identity.Code != ErrorCode.None)
        {
            await RefuseAsync(context, identity.Code, ErrorText.For(identity.Code)).ConfigureAwait(false);
            return;
        }

        if (!_share.TryEnter(identity.User))
        {
            await RefuseAsync(context, ErrorCode.TooManySessions, "The user has as many requests under way as it may.").ConfigureAwait(false);
            return;
        }

        var reading = new BodyReading(context, identity.User, _share, bodyBytesMax);
        try
        {
            await (await reading.ReadAsync().ConfigureAwait(false) switch
            {
                BodyReading.Outcome.Whole => serveAsync(context, identity, reading.Body),
                BodyReading.Outcome.TooLong => RefuseAsync(context, ErrorCode.PacketTooLarge, $"A body is longer than the limit of {bodyBytesMax} bytes."),
                _ => RefuseAsync(context, ErrorCode.TooManySessions, "The user has as many bytes of requests under way as it may."),
            }).ConfigureAwait(false);
        }
        finally
        {
            _share.Leave(identity.User, reading.Taken);
        }
    }

    /// <summary>A page that may ask may also read the answer. A program that is no browser sends no <c>Origin</c>.</summary>
    private static void AllowPage(HttpContext context)
    {
        if (context.Request.Headers.Origin is { Count: > 0 } origin)
        {
            context.Response.Headers.AccessControlAllowOrigin = origin;
            context.Response.Headers.AccessControlAllowCredentials = "true";
        }
    }

    private static void AnswerPreflight(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Allow = "POST, OPTIONS";
        response.Headers.AccessControlAllowMethods = "POST";
        response.Headers.AccessControlAllowHeaders = "authorization, content-type";
        response.Headers.AccessControlMaxAge = "600";
    }

    private static (int Status, string Words)? WrongForm(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST, OPTIONS";
            return (StatusCodes.Status405MethodNotAllowed, "This is asked with POST.");
        }

        // Also what keeps a form of a foreign page, which can send any text but not this type, from asking with the user's cookies.
        return MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            ? null
            : (StatusCodes.Status415UnsupportedMediaType, "The body must be JSON, with Content-Type: application/json.");
    }

    /// <summary>A token decides alone; one that is not of this server's may be the host's, which then has said who it is (PROTOCOL §4).</summary>
    private async ValueTask<AuthenticationResult> WhoAsync(HttpContext context)
    {
        var known = httpUser.Of(context);
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return known ?? AuthenticationResult.Invalid();
        }

        var token = header[Scheme.Length..].Trim();
        var identity = token.Length > ProtocolLimits.TokenCharactersMax
            ? AuthenticationResult.Invalid()
            : await authenticator.AuthenticateAsync(token, context.RequestAborted).ConfigureAwait(false);
        return identity.Code == ErrorCode.TokenInvalid && known is { } user ? user : identity;
    }
}

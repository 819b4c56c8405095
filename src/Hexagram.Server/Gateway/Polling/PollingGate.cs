using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.WebSockets;
using Hexagram.Server.Options;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

    private const string Scheme = "Bearer ";

    private readonly RequestCounts _counts = new(checked(options.Bounds.SessionsPerUserMax * RequestsPerSession));

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

        if (!_counts.TryEnter(identity.User))
        {
            await RefuseAsync(context, ErrorCode.TooManySessions, "The user has as many requests under way as it may.").ConfigureAwait(false);
            return;
        }

        try
        {
            var body = await ReadAsync(context, bodyBytesMax).ConfigureAwait(false);
            await (body is { } whole
                ? serveAsync(context, identity, whole)
                : RefuseAsync(context, ErrorCode.PacketTooLarge, $"A body is longer than the limit of {bodyBytesMax} bytes.")).ConfigureAwait(false);
        }
        finally
        {
            _counts.Leave(identity.User);
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

    /// <summary>The whole body; null when it is too long. No more memory is taken than has arrived.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int bytesMax)
    {
        if (context.Request.ContentLength > bytesMax)
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // The bound is ours, and may be higher than the host's.
            limit.MaxRequestBodySize = null;
        }

        var body = new ArrayBufferWriter<byte>();
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (body.WrittenCount + read.Buffer.Length > bytesMax)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            foreach (var piece in read.Buffer)
            {
                body.Write(piece.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return body.WrittenMemory;
            }
        }
    }
}

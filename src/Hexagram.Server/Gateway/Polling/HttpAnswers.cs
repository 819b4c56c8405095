using System.Buffers;
using System.Globalization;
using Hexagram.Protocol;
using Hexagram.Protocol.Polling;
using Microsoft.AspNetCore.Http;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>Puts into HTTP what a session has said: 200 and its packets, or a problem where it would have been Goodbye (PROTOCOL §14, §14.4).</summary>
internal static class HttpAnswers
{
    /// <summary>The status that goes with a code.</summary>
    public static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.TooManySessions => StatusCodes.Status429TooManyRequests,
        ErrorCode.PacketTooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.Superseded or ErrorCode.CursorAhead => StatusCodes.Status409Conflict,
        ErrorCode.TooManyDevices => StatusCodes.Status403Forbidden,
        _ => code.Remedy() switch
        {
            ErrorRemedy.RetryLater => StatusCodes.Status503ServiceUnavailable,
            ErrorRemedy.Authenticate => StatusCodes.Status401Unauthorized,
            _ => StatusCodes.Status400BadRequest,
        },
    };

    /// <summary>Answers with what was said.</summary>
    public static Task WriteAsync(HttpContext context, AnswerTransport said)
    {
        if (said.Goodbye is { } goodbye)
        {
            return WriteProblemAsync(context, goodbye, StatusOf(goodbye.Code), said.Packets);
        }

        var body = new ArrayBufferWriter<byte>(said.Packets.Length + 32);
        PollingCodec.WriteAnswer(said.Packets, body);
        return WriteAsync(context, StatusCodes.Status200OK, "application/json", body);
    }

    /// <summary>Answers with a problem.</summary>
    public static Task WriteProblemAsync(HttpContext context, Goodbye goodbye, int status, ReadOnlySpan<byte> packets = default)
    {
        var headers = context.Response.Headers;
        if (status == StatusCodes.Status401Unauthorized)
        {
            headers.WWWAuthenticate = "Bearer";
        }

        if (goodbye.RetryAfter > TimeSpan.Zero)
        {
            headers.RetryAfter = Math.Ceiling(goodbye.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var body = new ArrayBufferWriter<byte>(packets.Length + 256);
        PollingCodec.WriteProblem(goodbye, status, packets, body);
        return WriteAsync(context, status, "application/problem+json", body);
    }

    private static Task WriteAsync(HttpContext context, int status, string contentType, ArrayBufferWriter<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.WrittenCount;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).AsTask();
    }
}

using Microsoft.AspNetCore.Http;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>A refusal in words, for whoever looks at a request that has failed.</summary>
internal static class PlainAnswer
{
    public static Task WriteAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{reason}\n", context.RequestAborted);
    }
}

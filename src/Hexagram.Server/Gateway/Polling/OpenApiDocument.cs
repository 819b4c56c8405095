using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>
/// What long polling is, for machines (OpenAPI). The document is kept by hand beside this file and embedded, so that a server which starts has nothing to work out; a
/// test compares it with what is served.
/// </summary>
internal static class OpenApiDocument
{
    /// <summary>Where it is served, behind the prefix of the protocol.</summary>
    public const string Path = "/openapi.json";

    /// <summary>The document of a server that speaks the protocol behind <paramref name="prefix"/>.</summary>
    public static Lazy<byte[]> For(string prefix) => new(() =>
    {
        using var resource = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
        var document = JsonNode.Parse(resource)!;
        document["servers"]![0]!["url"] = prefix;
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            document.WriteTo(writer);
        }

        return bytes.ToArray();
    });

    /// <summary>Answers with it.</summary>
    public static Task WriteAsync(HttpContext context, Lazy<byte[]> document)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = document.Value.Length;
        return context.Response.Body.WriteAsync(document.Value, context.RequestAborted).AsTask();
    }
}

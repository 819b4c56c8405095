using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Hexagram.Protocol;
using Hexagram.Protocol.Polling;

namespace Hexagram.Client.Connections.Polling;

/// <summary>One request after another to a server that is polled (PROTOCOL §14). Thread-safe.</summary>
/// <param name="http">What sends them; from now on owned by this.</param>
/// <param name="place">What the path of every request begins with; ends in a slash.</param>
internal sealed class PollingHttp(HttpMessageInvoker http, Uri place) : IDisposable
{
    /// <summary>An answer longer than this is not from a server of this protocol: a page of entries, and the largest body, escaped to the last byte.</summary>
    private const int AnswerBytesMax = 2 * ProtocolLimits.JsonBytesPerByteMax * (ProtocolLimits.BodyBytesMaxCeiling + ProtocolLimits.PacketOverheadBytes);

    private const string Json = "application/json";
    private const string Problem = "application/problem+json";

    /// <summary>What proves who asks.</summary>
    internal string Token { get; set; } = "";

    /// <summary>Asks for one of the paths, and reads what is answered.</summary>
    /// <exception cref="IOException">There is no answer, or one that is not of this protocol: a loss.</exception>
    internal async Task<PollingAnswer> AskAsync(string path, Action<IBufferWriter<byte>> write, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        write(body);
        using var content = new ReadOnlyMemoryContent(body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue(Json);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(place, path)) { Content = content };
        if (Token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, cancellationToken);
            return Read(response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException cause)
        {
            throw new IOException($"{place} cannot be reached: {cause.GetBaseException().Message}", cause);
        }
    }

    public void Dispose() => http.Dispose();

    private static PollingAnswer Read(HttpStatusCode status, string? type, byte[] body)
    {
        var read = type switch
        {
            Json when status == HttpStatusCode.OK => PollingCodec.ReadAnswer(body),
            Problem => PollingCodec.ReadProblem(body),
            _ => default,
        };
        return read.Value ?? throw new IOException($"the answer {(int)status} is not one of this protocol{(read.Fault is null ? "" : $": {read.Fault}")}");
    }
}

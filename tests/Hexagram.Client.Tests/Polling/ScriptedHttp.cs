using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Hexagram.Client.Connections.Polling;
using Hexagram.Client.Tests.Scripted;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Polling;

namespace Hexagram.Client.Tests.Polling;

/// <summary>A server that is polled, and answers what its test says, when it says so.</summary>
internal sealed class ScriptedHttp : HttpMessageHandler
{
    private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();

    /// <summary>Requests that wait for the test.</summary>
    internal int Waiting => _asked.Reader.Count;

    internal PollingTransport Transport(TimeProvider time) => new(new PollingHttp(new HttpMessageInvoker(this), new Uri("http://chat.example/v1/")), time);

    /// <summary>The next request, which must be for this path.</summary>
    internal async Task<Asked> NextAsync(string path)
    {
        var asked = await _asked.Reader.ReadAsync().Within();
        Assert.Equal($"/v1/{path}", asked.Path);
        return asked;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var asked = new Asked(request.RequestUri!.AbsolutePath, request.Headers.Authorization, body);
        _asked.Writer.TryWrite(asked);
        return await asked.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>One request.</summary>
    internal sealed record Asked(string Path, AuthenticationHeaderValue? Authorization, byte[] Body)
    {
        internal TaskCompletionSource<HttpResponseMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal PollRequest Poll => PollingCodec.ReadPoll(Body).Value!;

        internal MessagesRequest Messages => PollingCodec.ReadMessages(Body).Value!;

        internal void Says(params Packet[] packets)
        {
            var body = new ArrayBufferWriter<byte>();
            PollingCodec.WriteAnswer(Json(packets), body);
            AnswerWith(HttpStatusCode.OK, "application/json", body.WrittenSpan);
        }

        internal void Fails(Goodbye goodbye, params Packet[] packets)
        {
            var body = new ArrayBufferWriter<byte>();
            PollingCodec.WriteProblem(goodbye, 503, Json(packets), body);
            AnswerWith(HttpStatusCode.ServiceUnavailable, "application/problem+json", body.WrittenSpan);
        }

        internal void AnswerWith(HttpStatusCode status, string type, ReadOnlySpan<byte> body) => Answer.SetResult(
            new HttpResponseMessage(status) { Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue(type) } } });

        internal void Cut() => Answer.SetException(new HttpRequestException("cut"));

        private static byte[] Json(Packet[] packets)
        {
            var body = new ArrayBufferWriter<byte>();
            foreach (var packet in packets)
            {
                body.Write(body.WrittenCount > 0 ? ","u8 : ""u8);
                JsonPacketCodec.Write(packet, body);
            }

            return body.WrittenSpan.ToArray();
        }
    }
}

using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Hexagram.Protocol;
using Hexagram.Protocol.Polling;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.Polling;

/// <summary>A device that polls, and does exactly what it is told: each request is asked for by the test, and nothing is confirmed or repeated by itself.</summary>
internal sealed class PollingClient(TestServer server, string user, string? device = null) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://{server.Http}/v1/"), Timeout = RawClient.Patience };

    /// <summary>As whom the next poll comes: its device, its number, what it confirms and the window that it asks for.</summary>
    public Hello Hello { get; set; } = server.Hello(user, window: 256, device) with { Token = "" };

    /// <summary>What proves who it is; empty: nothing does.</summary>
    public string Token { get; set; } = server.Token(user);

    /// <summary>Polls; not held unless it is said for how long.</summary>
    public Task<HttpAnswer> PollAsync(long cursor = 0, long? received = null, TimeSpan? hold = null, bool leaves = false, CancellationToken cancellationToken = default)
    {
        Hello = Hello with { Cursor = new(cursor), Epoch = cursor == 0 && received is null ? Hello.Epoch : server.Store.Epoch };
        var poll = new PollRequest(Hello) { Received = received is { } number ? new Sequence(number) : null, Hold = hold ?? TimeSpan.Zero, Leaves = leaves };
        var body = new ArrayBufferWriter<byte>();
        PollingCodec.Write(poll, body);
        return AskAsync("poll", body.WrittenMemory, cancellationToken);
    }

    /// <summary>Polls, and completes when the server holds it; the answer is the result's result.</summary>
    public async Task<Task<HttpAnswer>> HeldAsync(long cursor = 0, long? received = null, TimeSpan? hold = null, CancellationToken cancellationToken = default)
    {
        var before = server.Sessions.Sessions.ToHashSet();
        var answer = PollAsync(cursor, received, hold ?? TimeSpan.FromSeconds(30), cancellationToken: cancellationToken);
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (!answer.IsCompleted && !server.Sessions.Sessions.Any(session => session is { Poll: not null, IsNotRead: true } && !before.Contains(session)))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return answer;
    }

    /// <summary>A series of polls under a new and higher number, as a page makes that is loaded again.</summary>
    public void Reload() => Hello = server.Hello(user, window: 256, Hello.Device.Value) with { Token = "" };

    /// <summary>Sends messages.</summary>
    public Task<HttpAnswer> SendAsync(IReadOnlyList<MessageRequest> requests, IReadOnlyList<Error>? held = null, CancellationToken cancellationToken = default)
    {
        var body = new ArrayBufferWriter<byte>();
        PollingCodec.Write(new MessagesRequest(requests, held ?? []), body);
        return AskAsync("messages", body.WrittenMemory, cancellationToken);
    }

    /// <summary>Asks anything.</summary>
    public async Task<HttpAnswer> AskAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        using var content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return await AskAsync(request, cancellationToken);
    }

    /// <inheritdoc cref="AskAsync(string, ReadOnlyMemory{byte}, CancellationToken)"/>
    public Task<HttpAnswer> AskAsync(string path, string body) => AskAsync(path, Encoding.UTF8.GetBytes(body));

    /// <inheritdoc cref="AskAsync(string, ReadOnlyMemory{byte}, CancellationToken)"/>
    public async Task<HttpAnswer> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        if (Token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        using var response = await _http.SendAsync(request, cancellationToken);
        return await HttpAnswer.ReadAsync(response);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer to one request.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Text">Its body.</param>
/// <param name="Packets">What the server says in it.</param>
/// <param name="Goodbye">Its problem; null when it has none.</param>
internal sealed record HttpAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, string Text, IReadOnlyList<Packet> Packets, Goodbye? Goodbye)
{
    public static async Task<HttpAnswer> ReadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        var read = response.Content.Headers.ContentType?.MediaType switch
        {
            "application/json" => PollingCodec.ReadAnswer(body),
            "application/problem+json" => PollingCodec.ReadProblem(body),
            _ => default,
        };
        Assert.Null(read.Fault);
        return new(response.StatusCode, response.Headers, Encoding.UTF8.GetString(body), read.Value?.Packets ?? [], read.Value?.Goodbye);
    }

    /// <summary>The numbers of the entries that it brings.</summary>
    public IEnumerable<long> Entries => Packets.OfType<MessageNotify>().Select(entry => entry.Sequence.Value);

    /// <summary>It went well.</summary>
    public HttpAnswer Well()
    {
        Assert.True(Status == HttpStatusCode.OK, Text);
        return this;
    }

    /// <summary>It is a problem with this code.</summary>
    public HttpAnswer Fails(ErrorCode code, int status)
    {
        Assert.Equal((code, status), (Goodbye?.Code ?? ErrorCode.None, (int)Status));
        return this;
    }
}

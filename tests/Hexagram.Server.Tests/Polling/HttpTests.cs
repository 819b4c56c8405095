using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Hexagram.Protocol;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Polling;

/// <summary>Long polling as HTTP sees it: problems, strangers, pages of other places, and its description (PROTOCOL §14.4, §14.5).</summary>
public sealed class HttpTests
{
    private const string Foreign = "http://evil.example";
    private const string Friend = "https://chat.example";

    [Fact]
    public async Task Whoever_has_no_token_is_told_so_before_the_body_is_read()
    {
        await using var server = await TestServer.StartAsync();
        using var stranger = new PollingClient(server, "bob") { Token = "" };

        var answer = (await stranger.AskAsync("poll", "no JSON at all")).Fails(ErrorCode.TokenInvalid, 401);

        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal(0, server.Sessions.Count);
    }

    [Fact]
    public async Task A_token_that_expires_ends_a_poll_that_is_held()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob") { Token = server.Token("bob", TimeSpan.FromSeconds(10)) };
        var held = await bob.HeldAsync();

        await server.AdvanceUntilAsync(() => held.IsCompleted);

        (await held).Fails(ErrorCode.Authenticate, 401);
        (await bob.PollAsync()).Fails(ErrorCode.Authenticate, 401);
        bob.Token = server.Token("bob");
        (await bob.PollAsync()).Well();
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_holds()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        var held = await bob.HeldAsync();

        await server.StopAsync();

        var answer = (await held).Fails(ErrorCode.Restarting, 503);
        Assert.Equal("1", answer.Headers.RetryAfter!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Goodbye!.RetryAfter);
    }

    [Fact]
    public async Task A_problem_is_one_of_RFC_9457_with_the_code_of_the_table()
    {
        await using var server = await TestServer.StartAsync();
        using var old = new PollingClient(server, "bob");
        using var young = new PollingClient(server, "bob");
        (await young.PollAsync()).Well();

        var answer = await old.PollAsync();

        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(answer.Text),
                JsonNode.Parse("""{"type": "urn:hexagram:error:3003", "title": "Superseded", "status": 409, "code": 3003, "detail": "A newer connection of this device has taken over."}""")),
            answer.Text);
    }

    [Theory]
    [InlineData("poll", "")]
    [InlineData("poll", "[]")]
    [InlineData("poll", "{}")]
    [InlineData("poll", """{"hello": null}""")]
    [InlineData("poll", """{"hello": {"kind": "ping"}}""")]
    [InlineData("messages", """{"requests": []}""")]
    [InlineData("messages", """{"requests": {}}""")]
    [InlineData("messages", """{"requests": [1]}""")]
    [InlineData("messages", """{"requests": [{"kind": "ping"}]}""")]
    [InlineData("status", """{"kind": "ping"}""")]
    [InlineData("status", "{")]
    public async Task A_body_that_breaks_the_protocol_is_refused(string path, string body)
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");

        (await bob.AskAsync(path, body)).Fails(ErrorCode.ProtocolViolation, 400);
    }

    [Fact]
    public async Task A_poll_that_is_too_long_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");

        (await bob.AskAsync("poll", new string(' ', ProtocolLimits.HelloBytesMax + 1))).Fails(ErrorCode.PacketTooLarge, 413);
    }

    [Theory]
    [InlineData("GET", null, 405)]
    [InlineData("PUT", "application/json", 405)]
    [InlineData("POST", null, 415)]
    [InlineData("POST", "text/plain", 415)]
    [InlineData("POST", "application/x-www-form-urlencoded", 415)]
    public async Task Another_method_or_type_is_refused(string method, string? type, int status)
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        using var content = type is null ? null : new ByteArrayContent("{}"u8.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var request = new HttpRequestMessage(new HttpMethod(method), "poll") { Content = content };

        (await bob.AskAsync(request)).Fails(ErrorCode.ProtocolViolation, status);
    }

    [Theory]
    [InlineData("poll")]
    [InlineData("messages")]
    [InlineData("status")]
    public async Task A_page_of_another_place_is_refused_and_cannot_read_the_answer(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        using var ask = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}", Encoding.UTF8, "application/json"), Headers = { { "Origin", Foreign } } };
        using var preflight = new HttpRequestMessage(HttpMethod.Options, path) { Headers = { { "Origin", Foreign }, { "Access-Control-Request-Method", "POST" } } };

        foreach (var request in new[] { ask, preflight })
        {
            var answer = (await bob.AskAsync(request)).Fails(ErrorCode.ProtocolViolation, 403);
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
            Assert.Equal("Origin", answer.Headers.Vary.ToString());
        }
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_may_ask_and_read()
    {
        await using var server = await TestServer.StartAsync(options => options with { Browsers = new BrowserOptions { AllowedOrigins = Friend } });
        using var bob = new PollingClient(server, "bob");
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "poll") { Headers = { { "Origin", Friend }, { "Access-Control-Request-Method", "POST" } } };
        using var ask = new HttpRequestMessage(HttpMethod.Post, "poll") { Content = new StringContent("{}", Encoding.UTF8, "application/json"), Headers = { { "Origin", Friend } } };
        var token = bob.Token;
        bob.Token = "";

        var allowed = await bob.AskAsync(preflight);
        bob.Token = token;
        var answer = (await bob.AskAsync(ask)).Fails(ErrorCode.ProtocolViolation, 400);

        Assert.Equal(HttpStatusCode.NoContent, allowed.Status);
        Assert.Equal(("POST", "authorization, content-type", "600"), (Header(allowed, "Methods"), Header(allowed, "Headers"), Header(allowed, "Max-Age")));
        Assert.All([allowed, answer], it => Assert.Equal((Friend, "true"), (Header(it, "Origin"), Header(it, "Credentials"))));
    }

    [Fact]
    public async Task A_page_of_the_servers_own_may_ask()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        using var ask = new HttpRequestMessage(HttpMethod.Post, "poll")
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
            Headers = { { "Origin", $"http://{server.Http}" } },
        };

        (await bob.AskAsync(ask)).Fails(ErrorCode.ProtocolViolation, 400);
    }

    [Fact]
    public async Task One_user_cannot_fill_the_server_with_requests()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsPerUserMax = 1 } });
        using var bob = new PollingClient(server, "bob");
        using var carol = new PollingClient(server, "carol");
        server.Store.HoldOpenings();
        var polls = Enumerable.Range(0, 4).Select(_ => bob.PollAsync()).ToList();
        await server.WhenSessionsAsync(4);

        (await bob.PollAsync()).Fails(ErrorCode.TooManySessions, 429);

        var others = carol.PollAsync();
        server.Store.Release();
        (await others).Well();
        Assert.All(await Task.WhenAll(polls), poll => poll.Well());
        (await bob.PollAsync()).Well();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_user_cannot_fill_the_server_with_bodies_announced_or_not(bool announced)
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = 1 << 10 } });
        using var bob = new PollingClient(server, "bob");
        using var carol = new PollingClient(server, "carol");
        server.Store.HoldAppends();
        var longest = 6 * ((1 << 10) + ProtocolLimits.PacketOverheadBytes);
        var under = Enumerable.Range(0, 4).Select(_ => bob.AskAsync("messages", Padded(server.NewId(), longest - 10))).ToList();
        await server.WhenSessionsAsync(4);

        using (var fifth = new HttpRequestMessage(HttpMethod.Post, "messages") { Content = new StringContent(Padded(server.NewId(), 1_000), Encoding.UTF8, "application/json") })
        {
            fifth.Headers.TransferEncodingChunked = !announced;
            (await bob.AskAsync(fifth)).Fails(ErrorCode.TooManySessions, 429);
        }

        var others = carol.AskAsync("messages", Padded(server.NewId(), longest));
        server.Store.Release();
        (await others).Well();
        Assert.All(await Task.WhenAll(under), answer => answer.Well());
        (await bob.AskAsync("messages", Padded(server.NewId(), longest))).Well();
    }

    /// <summary>One message in a body of so many bytes.</summary>
    private static string Padded(MessageId id, int bytes)
    {
        var body = $$"""{"requests":[{"kind":"msg:R","id":"{{id}}","to":"dave","text":"1"}],"more":""}""";
        return body.Insert(body.Length - 2, new string('.', bytes - body.Length));
    }

    [Fact]
    public async Task The_description_names_what_is_served_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        using var http = new HttpClient();

        var document = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://{server.Http}/v1/openapi.json")))!;

        var served = server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            .Where(path => path.StartsWith("/v1/", StringComparison.Ordinal) && path != "/v1/ws");
        Assert.Equal("/v1", document["servers"]![0]!["url"]!.GetValue<string>());
        Assert.Equal(served.Distinct().Order(), document["paths"]!.AsObject().Select(path => $"/v1{path.Key}").Order());
    }

    [Fact]
    public void The_description_names_every_member_of_every_packet_and_body()
    {
        using var resource = typeof(ServerOptions).Assembly.GetManifestResourceStream("openapi.json")!;
        var schemas = JsonNode.Parse(resource)!["components"]!["schemas"]!;
        var vectors = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", "polling.json")))!["vectors"]!.AsArray();

        foreach (var vector in vectors)
        {
            var request = vector!["path"]!.GetValue<string>() switch { "poll" => "Poll", "messages" => "Messages", _ => "StatusRequest" };
            if (vector["request"] is { } body)
            {
                Fits(body, schemas[request]!);
            }

            Fits(vector["answer"]!, schemas[vector["status"]!.GetValue<int>() == 200 ? "Packets" : "Problem"]!);
        }

        void Fits(JsonNode value, JsonNode schema)
        {
            if (schema["$ref"] is { } reference)
            {
                schema = schemas[reference.GetValue<string>().Split('/')[^1]]!;
            }

            if (schema["oneOf"] is { } kinds)
            {
                schema = kinds.AsArray()
                    .Select(kind => schemas[kind!["$ref"]!.GetValue<string>().Split('/')[^1]]!)
                    .Single(kind => kind["properties"]!["kind"]!["const"]!.GetValue<string>() == value["kind"]!.GetValue<string>());
            }

            if (value is JsonObject members)
            {
                Assert.All(members, member => Assert.True(schema["properties"]?[member.Key] is not null, $"{member.Key} is not described."));
                Assert.All(schema["required"]?.AsArray() ?? [], name => Assert.True(members.ContainsKey(name!.GetValue<string>()), $"{name} is not there."));
                Assert.All(members, member => Fits(member.Value!, schema["properties"]![member.Key]!));
            }
            else if (value is JsonArray items)
            {
                Assert.All(items, item => Fits(item!, schema["items"]!));
            }
        }
    }

    private static string Header(HttpAnswer answer, string name) => string.Join(',', answer.Headers.GetValues($"Access-Control-Allow-{name}".Replace("Allow-Max", "Max", StringComparison.Ordinal)));
}

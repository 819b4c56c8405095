using System.Net;
using Hexagram.Protocol;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hexagram.Server.Tests.WebSockets;

/// <summary>Who may open a WebSocket (PROTOCOL §3.4), and what the others are told.</summary>
public sealed class HandshakeTests
{
    private const string Foreign = "http://evil.example";

    [Fact]
    public async Task The_answer_proves_that_the_key_was_read_and_names_the_subprotocol()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, "other, hexagram.v1.json"));

        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Protocol: hexagram.v1.json", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hexagram.v1.json, hexagram.v1.proto")]
    [InlineData("hexagram.v1.proto, hexagram.v1.json")]
    public async Task Who_offers_both_forms_gets_the_one_that_costs_less(string offered)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, offered));

        Assert.Contains("Sec-WebSocket-Protocol: hexagram.v1.proto\r\n", $"{answer}\r\n", StringComparison.Ordinal);
        await client.HelloAsync(server.Hello("alice"));
    }

    [Theory]
    [InlineData("Upgrade", null, 426)]
    [InlineData("Connection", null, 426)]
    [InlineData("Sec-WebSocket-Version", null, 426)]
    [InlineData("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", 426)]
    [InlineData("Sec-WebSocket-Key", null, 400)]
    [InlineData("Sec-WebSocket-Key", "Sec-WebSocket-Key: c2hvcnQ=", 400)]
    [InlineData("Sec-WebSocket-Protocol", null, 400)]
    [InlineData("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: chat", 400)]
    public async Task A_request_that_is_no_handshake_is_refused(string without, string? instead, int status)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, without: [without], more: instead is null ? [] : [instead]));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Foreign)]
    [InlineData("null")]
    [InlineData("https://127.0.0.1")]
    [InlineData("file://")]
    [InlineData("http://127.0.0.1.evil.example")]
    public async Task A_page_of_another_place_cannot_open_a_session(string origin)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, more: [$"Origin: {origin}"]));

        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.Equal(0, server.Sessions.Count);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("chat.localhost")]
    public async Task A_page_of_the_servers_own_can(string host)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);
        var own = $"{host}:{server.Http.Port}";

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, host: own, more: [$"Origin: http://{own}"]));

        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.168.1.5")]
    public async Task A_page_whose_name_suddenly_means_this_machine_cannot(string host)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);
        var own = $"{host}:{server.Http.Port}";

        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, host: own, more: [$"Origin: http://{own}"]));

        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.168.1.5", "192.168.1.5:7080", true)]
    [InlineData("192.168.1.5", "10.0.0.1:7080", true)]
    [InlineData("192.168.1.5", "localhost:7080", false)]
    [InlineData("192.168.1.5", "chat.localhost:7080", false)]
    [InlineData("192.168.1.5", "evil.example", false)]
    [InlineData("127.0.0.1", "localhost:7080", true)]
    [InlineData("::1", "[::1]:7080", true)]
    [InlineData("127.0.0.1", "192.168.1.5:7080", false)]
    public void What_a_server_is_called_depends_on_who_can_reach_it(string listener, string host, bool allowed)
    {
        var context = new DefaultHttpContext();
        context.Connection.LocalIpAddress = IPAddress.Parse(listener);
        context.Request.Scheme = "http";
        context.Request.Host = new HostString(host);
        context.Request.Headers.Origin = $"http://{host}";

        Assert.Equal(allowed, new Gateway.WebSockets.PageRules(new ServerOptions()).RefusalOfSession(context) is null);
    }

    [Fact]
    public async Task Names_and_origins_that_the_operator_has_allowed_can()
    {
        await using var server = await TestServer.StartAsync(options => options with
        {
            Browsers = new BrowserOptions { AllowedOrigins = "http://localhost:5173 https://www.example", AllowedHosts = "chat.example" },
        });
        foreach (var (host, origin, status) in new[]
        {
            ("127.0.0.1", "https://www.example", 101),
            ("127.0.0.1", "http://localhost:5173", 101),
            ("chat.example", "https://chat.example", 101),
            ("127.0.0.1", "https://www.example:444", 403),
            ("127.0.0.1", "http://www.example", 403),
        })
        {
            await using var client = await RawWebSocket.ConnectAsync(server.Http);
            var answer = await client.AskAsync(RawWebSocket.Request(server.Http, host: host, more: [$"Origin: {origin}"]));
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_connects_over_HTTP_and_asks_nothing_is_sent_away_and_who_has_asked_may_rest()
    {
        await using var server = await TestServer.StartAsync();
        await using var silent = await RawClient.ConnectAsync(server.Http);
        await using var asking = await RawWebSocket.ConnectAsync(server.Http);
        const string Question = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 404 ", await asking.AskAsync(Question), StringComparison.Ordinal);
        await server.WhenNewcomersAsync(1);

        server.Advance(ProtocolLimits.HelloTimeout);

        await silent.ReceiveEndAsync();
        Assert.StartsWith("HTTP/1.1 404 ", await asking.AskAsync(Question), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_does_not_come_to_its_end_is_given_up_also_behind_another()
    {
        // Kestrel's own clock, which a test cannot move.
        await using var server = await TestServer.StartAsync(options => options with { Times = options.Times with { HelloTimeout = TimeSpan.FromSeconds(1) } });
        await using var client = await RawWebSocket.ConnectAsync(server.Http);
        await client.AskAsync("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");

        var answer = client.AskAsync("GET /slowly HTTP/1.1\r\nHost: loc");

        Assert.StartsWith("HTTP/1.1 408 ", await answer.WaitAsync(RawClient.Patience / 2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_page_is_told_which_setting_allows_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await RawWebSocket.ConnectAsync(server.Http);
        var answer = await client.AskAsync(RawWebSocket.Request(server.Http, more: [$"Origin: {Foreign}"]));
        Assert.Contains("text/plain", answer, StringComparison.Ordinal);
        Assert.Contains("Pages of http://evil.example may not use this server", await client.ReadBodyAsync(80), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, 200)]
    [InlineData(null, null, "same-origin", 200)]
    [InlineData(null, null, "cross-site", 403)]
    [InlineData(null, null, "same-site", 403)]
    [InlineData(null, "evil.example", null, 403)]
    [InlineData(Foreign, null, null, 403)]
    [InlineData("http://localhost:5173", null, "cross-site", 200)]
    public async Task An_answer_that_foreign_pages_must_not_read_is_kept_from_them(string? origin, string? host, string? site, int status)
    {
        await using var application = await StartSecretAsync();
        using var http = new HttpClient { BaseAddress = new Uri(application.Urls.First()), Timeout = RawClient.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/secret");
        request.Headers.Host = host;
        foreach (var (name, value) in new[] { ("Origin", origin), ("Sec-Fetch-Site", site) })
        {
            if (value is not null)
            {
                request.Headers.Add(name, value);
            }
        }

        using var answer = await http.SendAsync(request);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal(status == 200, (await answer.Content.ReadAsStringAsync()).Contains("secret", StringComparison.Ordinal));
    }

    private static async Task<WebApplication> StartSecretAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new ServerOptions { Browsers = new BrowserOptions { AllowedOrigins = "http://localhost:5173" } });
        builder.Services.AddSingleton<Gateway.WebSockets.PageRules>();
        var application = builder.Build();
        application.MapGet("/secret", () => "secret").RefuseForeignPages();
        await application.StartAsync();
        return application;
    }
}

using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Hexagram.Protocol;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>What a server counts, as whoever listens reads it.</summary>
public sealed class MeterTests
{
    [Fact]
    public async Task Every_line_of_a_message_is_counted()
    {
        await using var server = await TestServer.StartAsync(store: store => store with { Limits = store.Limits with { UnconfirmedMax = 1 } });
        using var count = new Count(server);
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");

        await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        await alice.SendAsync(request with { Body = "good-bye" });
        await alice.ReceiveAsync<Error>();
        await alice.SendAsync(server.Message("bob", "more"));
        await alice.ReceiveAsync<Error>();
        await server.ConfirmAsync(bob, 1);
        await alice.ReceiveAsync<AckNotify>();
        await TestServer.AcceptAsync(alice, server.Message("carol", "hi"));
        await alice.ReceiveAsync<AckNotify>();
        await server.Services.GetRequiredService<IHexagram>().SendAsync("system", "dave", "hi");
        await alice.SendAsync(server.Hello("alice"));
        await alice.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        await server.WhenSessionsAsync(1);

        Assert.Equal(3, count.Of("hexagram.server.requests", "accepted"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "duplicate"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "refused", "Conflict"));
        Assert.Equal(1, count.Of("hexagram.server.requests", "retry_later", "MailboxFull"));
        Assert.Equal(9, count.Of("hexagram.server.accepted.size"));
        Assert.Equal(2, count.Of("hexagram.server.notifications"));
        Assert.Equal(10, count.Of("hexagram.server.notified.size"));
        Assert.Equal(1, count.Of("hexagram.server.delivered"));
        Assert.Equal(1, count.Of("hexagram.server.goodbyes", "ProtocolViolation"));
        Assert.Equal(1, count.Of("hexagram.server.connections"));
        Assert.InRange(count.Of("hexagram.server.stored"), 1, 2);
    }

    [Fact]
    public async Task Prometheus_can_read_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        using var http = new HttpClient { Timeout = RawClient.Patience };
        var histogram = server.Services.GetRequiredService<IMeterFactory>().Create("Hexagram.Test").CreateHistogram(
            "hexagram.test", "s", "A test.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 2] });
        foreach (var value in new[] { 0.25, 1, 2, 10 })
        {
            histogram.Record(value);
        }

        using var answer = await http.GetAsync(new Uri($"http://{server.Http}/metrics"));

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", $"{answer.Content.Headers.ContentType}");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Contains("# TYPE hexagram_server_requests_total counter", lines);
        Assert.Contains("hexagram_server_requests_total{outcome=\"accepted\"} 1", lines);
        Assert.Contains("hexagram_server_accepted_size_bytes_total 5", lines);
        Assert.Contains("# TYPE hexagram_server_connections gauge", lines);
        Assert.Contains("hexagram_server_connections 1", lines);
        Assert.Equal(
            [
                "# HELP hexagram_test_seconds A test.", "# TYPE hexagram_test_seconds histogram", "hexagram_test_seconds_bucket{le=\"0.5\"} 1",
                "hexagram_test_seconds_bucket{le=\"2\"} 3", "hexagram_test_seconds_bucket{le=\"+Inf\"} 4", "hexagram_test_seconds_sum 13.25", "hexagram_test_seconds_count 4",
            ],
            lines.Where(line => line.Contains("hexagram_test", StringComparison.Ordinal)));
        Assert.All(lines.SkipLast(1), line => Assert.Matches(@"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+=""[A-Za-z_0-9.+]+""(,[a-z_]+=""[A-Za-z_]+"")*\})? -?\d+(\.\d+)?)$", line));
    }

    [Fact]
    public async Task A_foreign_page_cannot_read_it()
    {
        await using var server = await TestServer.StartAsync();
        using var http = new HttpClient { Timeout = RawClient.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{server.Http}/metrics"));
        request.Headers.Add("Origin", "http://evil.example");

        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData(MetricsExposure.Never, "127.0.0.1")]
    [InlineData(MetricsExposure.Loopback, "0.0.0.0")]
    public async Task It_is_not_served_where_it_should_not_be(MetricsExposure expose, string address)
    {
        await using var server = await TestServer.StartAsync(options => options with
        {
            Metrics = new() { Expose = expose },
            Listen = options.Listen with { Http = new(IPAddress.Parse(address), 0), AllowRemote = true },
        });
        using var http = new HttpClient { Timeout = RawClient.Patience };

        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Http.Port}/metrics"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Its_page_lists_everything_that_is_counted()
    {
        await using var server = await TestServer.StartAsync();
        using var count = new Count(server);
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "metrics.md"));

        var listed = page.Split('\n').Where(line => line.StartsWith("| `hexagram.server.", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);

        Assert.Equal(count.Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    /// <summary>Reads what the meter of one server says.</summary>
    private sealed class Count : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _values = [];

        public Count(TestServer server)
        {
            var ours = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Hexagram.Server" && instrument.Meter.Scope == ours)
                {
                    Names.Add(instrument.Name);
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                var name = instrument.Name;
                foreach (var (_, tag) in tags)
                {
                    name += $" {tag}";
                }

                _values[name] = value;
            });
            _listener.Start();
        }

        public List<string> Names { get; } = [];

        public long Of(params string[] name)
        {
            _listener.RecordObservableInstruments();
            return _values.GetValueOrDefault(string.Join(' ', name));
        }

        public void Dispose() => _listener.Dispose();
    }
}

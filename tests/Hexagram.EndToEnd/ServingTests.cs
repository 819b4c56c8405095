using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary><c>serve</c> and <c>token</c>: how a server starts, what it says when it cannot, and how it ends.</summary>
public sealed class ServingTests : IAsyncLifetime
{
    private const int StoredOnly = 3;

    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task One_line_says_that_it_is_ready_and_where()
    {
        var server = await _stage.ServeAsync();

        var ready = Assert.Single(server.JsonOutput);
        Assert.True(ready.GetProperty("loopbackOnly").GetBoolean());
        Assert.Equal(_stage.DataFolder, ready.Text("data"));
        Assert.NotEqual(0, IPEndPoint.Parse(ready.Text("tcp")).Port);
        using var http = new HttpClient { BaseAddress = new Uri(ready.Text("http")), Timeout = RunningProgram.Patience };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task For_people_the_ready_line_says_that_only_this_machine_is_served()
    {
        var server = _stage.Run("serve", "--tcp", "localhost:0", "--http", "none");

        var line = (await server.WhenPrintedAsync(1))[0];

        Assert.Matches(@"^Ready: tcp://127\.0\.0\.1:\d+, data in .*, for this machine only\.$", line);
    }

    [Fact]
    public async Task Whoever_has_the_printed_link_may_be_anybody_at_the_page_and_restart_the_server()
    {
        var server = await _stage.ServeAsync();
        var ready = Assert.Single(server.JsonOutput);
        var link = new Uri(ready.Text("page"));
        Assert.Equal(ready.Text("http"), link.GetLeftPart(UriPartial.Authority));
        using var http = new HttpClient { BaseAddress = link, Timeout = RunningProgram.Patience };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync("/page/token?user=alice", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync("/page/restart", null)).StatusCode);

        http.DefaultRequestHeaders.Authorization = new("Bearer", link.Fragment["#key=".Length..]);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync("/page/token?user=two%20words", null)).StatusCode);
        var token = Json.Parse(await (await http.PostAsync("/page/token?user=alice", null)).Content.ReadAsStringAsync()).Text("token");

        Assert.Equal(HttpStatusCode.Accepted, (await http.PostAsync("/page/restart?away=1", null)).StatusCode);
        await server.WhenSaidAsync("asked for a restart");
        var send = _stage.Run("send", "--as", "alice", "--to", "bob", "--server", ready.Text("tcp"), "--token", token, "--json", "你好");
        Assert.Equal(StoredOnly, await send.EndAsync());
    }

    [Fact]
    public async Task A_foreign_page_gets_no_token_even_with_the_key()
    {
        var server = await _stage.ServeAsync();
        var link = new Uri(Assert.Single(server.JsonOutput).Text("page"));
        using var http = new HttpClient { BaseAddress = link, Timeout = RunningProgram.Patience };
        http.DefaultRequestHeaders.Authorization = new("Bearer", link.Fragment["#key=".Length..]);
        http.DefaultRequestHeaders.Add("Origin", "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await http.PostAsync("/page/token?user=alice", null)).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Asked_to_end_it_ends_within_five_seconds_and_loses_nothing(bool byInterrupt)
    {
        var server = await _stage.ServeAsync();
        var receive = await _stage.ListenAsync("bob");
        var send = _stage.Send("alice", "bob", "-");
        for (var line = 0; line < 300; line++)
        {
            await send.FeedAsync($"{line}");
        }

        await receive.WhenPrintedAsync(50);
        var watch = Stopwatch.StartNew();
        var code = byInterrupt ? await server.InterruptAsync() : await server.StopAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"It took {watch.Elapsed}.");
        Assert.Equal(0, code);

        await _stage.ServeAsync();
        send.EndInput();
        Assert.Equal(0, await send.EndAsync());
        Assert.Equal(Enumerable.Range(0, 300).Select(line => $"{line}"), receive.JsonOutput.Skip(1).Texts("text"));
    }

    [Fact]
    public async Task Asked_to_end_while_it_starts_it_ends_well()
    {
        var server = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none", "--json");

        // The first line of any kind: somewhere between nothing and ready.
        await Task.WhenAny(server.WhenPrintedAsync(1), server.WhenSaidAsync(""));

        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task A_second_server_in_the_same_folder_is_told_who_holds_it()
    {
        var first = await _stage.ServeAsync();

        var second = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none");

        Assert.Equal(1, await second.EndAsync());
        Assert.Contains($"in use by process {first.Id}", string.Join('\n', second.Errors), StringComparison.Ordinal);
        Assert.Empty(second.Output);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var server = _stage.Run("serve", "--tcp", $"{taken.LocalEndpoint}", "--http", "none", "--json");

        Assert.Equal(1, await server.EndAsync());
        var error = Json.Parse(server.Errors[^1]).Text("error");
        Assert.Contains($"{taken.LocalEndpoint}", error, StringComparison.Ordinal);
        Assert.Contains("--tcp", error, StringComparison.Ordinal);
        Assert.Empty(server.Output);
    }

    [Fact]
    public async Task A_folder_of_a_newer_format_is_left_alone()
    {
        await (await _stage.ServeAsync()).StopAsync();
        await File.WriteAllTextAsync(Path.Combine(_stage.DataFolder, "mailboxes", "FORMAT"), "hexagram mailboxes, format 999\n");

        var server = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none");

        Assert.Equal(1, await server.EndAsync());
        Assert.Contains("format 999", string.Join('\n', server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_folder_is_not_served()
    {
        await (await _stage.ServeAsync()).StopAsync();
        foreach (var manifest in Directory.GetFiles(Path.Combine(_stage.DataFolder, "mailboxes", "rocksdb"), "MANIFEST-*"))
        {
            await File.WriteAllBytesAsync(manifest, new byte[100]);
        }

        var server = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none");

        Assert.Equal(1, await server.EndAsync());
        Assert.Contains("damaged", string.Join('\n', server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_none_is_named()
    {
        Directory.CreateDirectory(_stage.DataFolder);
        await File.WriteAllTextAsync(Path.Combine(_stage.DataFolder, "token.key"), "not a key");

        var server = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none");
        Assert.Equal(1, await server.EndAsync());
        Assert.Contains("token.key", string.Join('\n', server.Errors), StringComparison.Ordinal);

        var token = _stage.Run("token", "alice");
        Assert.Equal(1, await token.EndAsync());
        Assert.Contains("token.key", string.Join('\n', token.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_machines_are_served_only_when_that_is_asked_for()
    {
        var refused = _stage.Run("serve", "--tcp", "0.0.0.0:0", "--http", "none", "--json");
        Assert.Equal(2, await refused.EndAsync());
        Assert.Contains("other machines", Json.Parse(Assert.Single(refused.Errors)).Text("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_can_be_had_before_the_first_start()
    {
        Directory.CreateDirectory(_stage.DataFolder);
        var token = await _stage.TokenAsync("alice");
        await _stage.ServeAsync();

        Assert.Equal(3, await _stage.Send("alice", "bob", "text", "--token", token).EndAsync());
    }

    [Fact]
    public async Task A_token_that_has_expired_is_told()
    {
        await _stage.ServeAsync();
        var token = _stage.Run("token", "alice", "--expires", "1ms", "--json");
        Assert.Equal(0, await token.EndAsync());

        var send = _stage.Send("alice", "bob", "text", "--token", Assert.Single(token.JsonOutput).Text("token"));

        Assert.Equal(1, await send.EndAsync());
        Assert.Contains("expired", string.Join('\n', send.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_data_folder_there_is_no_token()
    {
        var token = _stage.Run("token", "alice");

        Assert.Equal(1, await token.EndAsync());
        Assert.Contains("hexagram serve", Assert.Single(token.Errors), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_stage.DataFolder));
    }

    [Fact]
    public async Task What_it_keeps_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await _stage.ServeAsync();
        await _stage.Send("alice", "bob", "text").EndAsync();

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_stage.DataFolder) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(_stage.DataFolder, "token.key")) & Others);
        var outbox = Assert.Single(Directory.GetFiles(Path.Combine(_stage.Folder, "state"), "client.db", SearchOption.AllDirectories));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.GetDirectoryName(outbox)!) & Others);
    }
}

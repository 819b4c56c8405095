using System.Globalization;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary><c>send</c> against a real server: what arrives, and what the exit codes say.</summary>
public sealed class SendingTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task A_message_to_somebody_who_listens_is_delivered()
    {
        await _stage.ServeAsync();
        var receive = await _stage.ListenAsync("bob", "--count", "2");

        var send = _stage.Send("alice", "bob", "你好, \"Bob\"");

        Assert.Equal(0, await send.EndAsync());
        var sent = Assert.Single(send.JsonOutput);
        Assert.Equal("delivered", sent.Text("state"));
        Assert.Equal("bob", sent.Text("to"));
        Assert.Equal(1, sent.GetProperty("index").GetInt64());
        Assert.Equal(0, await receive.EndAsync());
        var received = receive.JsonOutput[^1];
        Assert.Equal("你好, \"Bob\"", received.Text("text"));
        Assert.Equal("alice", received.Text("from"));
        Assert.Equal(sent.Text("id"), received.Text("id"));
        Assert.Equal(2, received.GetProperty("sequence").GetInt64());
        Assert.False(received.GetProperty("redelivered").GetBoolean());
        Assert.InRange(received.GetProperty("sentAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Equal(["id", "from", "sequence", "sentAt", "text", "redelivered"], received.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Lines_from_standard_input_arrive_in_their_order()
    {
        const int Lines = 1_000;
        await _stage.ServeAsync();
        var receive = await _stage.ListenAsync("bob", "--count", $"{Lines + 1}");
        var send = _stage.Send("alice", "bob", "-");
        for (var line = 1; line <= Lines; line++)
        {
            await send.FeedAsync(Words(line));
        }

        send.EndInput();

        var code = await send.EndAsync();
        Assert.True(code == 0, send.Said);
        Assert.Equal(Enumerable.Range(1, Lines), send.JsonOutput.Select(sent => sent.GetProperty("index").GetInt32()));
        Assert.Equal(0, await receive.EndAsync());
        Assert.Equal(Enumerable.Range(1, Lines).Select(Words), receive.JsonOutput.Skip(1).Texts("text"));
        Assert.Equal(send.JsonOutput.Texts("id"), receive.JsonOutput.Skip(1).Texts("id"));

        // Not only words: an empty line and one with blanks at its ends are messages too.
        static string Words(int line) => line switch
        {
            10 => "",
            20 => "  indented, and blanks at the end  ",
            30 => new string('x', 50_000),
            _ => $"line {line.ToString(CultureInfo.InvariantCulture)}",
        };
    }

    [Fact]
    public async Task A_message_to_somebody_offline_is_stored_and_delivered_later()
    {
        await _stage.ServeAsync();

        var send = _stage.Send("alice", "bob", "for later");
        Assert.Equal(3, await send.EndAsync());
        Assert.Equal("stored", Assert.Single(send.JsonOutput).Text("state"));

        var received = Assert.Single(await _stage.ReceiveAllAsync("bob", 1));
        Assert.Equal("for later", received.Text("text"));
        Assert.False(received.GetProperty("redelivered").GetBoolean());

        // A run with nothing new asks what became of it.
        var next = _stage.Send("alice", "bob", "-");
        next.EndInput();
        Assert.Equal(0, await next.EndAsync());
        var known = Assert.Single(next.JsonOutput);
        Assert.Equal("delivered", known.Text("state"));
        Assert.Equal(received.Text("id"), known.Text("id"));
        Assert.True(known.GetProperty("earlier").GetBoolean());
    }

    [Fact]
    public async Task What_is_stored_for_one_says_nothing_about_a_message_to_another()
    {
        await _stage.ServeAsync();
        Assert.Equal(3, await _stage.Send("alice", "carol", "offline").EndAsync());
        await _stage.ListenAsync("bob");

        Assert.Equal(0, await _stage.Send("alice", "bob", "online").EndAsync());

        // To carol herself it still matters.
        var next = _stage.Send("alice", "carol", "-");
        next.EndInput();
        Assert.Equal(3, await next.EndAsync());
        Assert.Empty(next.Output);
    }

    [Fact]
    public async Task Without_a_server_messages_stay_in_the_outbox_and_the_next_run_goes_on()
    {
        await (await _stage.ServeAsync()).KillAsync();

        var first = _stage.Send("alice", "bob", "one", "--timeout", "1s");
        Assert.Equal(4, await first.EndAsync());
        var kept = Assert.Single(first.JsonOutput);
        Assert.Equal("waiting", kept.Text("state"));
        Assert.Contains(first.Errors, line => line.Contains("the next run", StringComparison.Ordinal));

        await _stage.ServeAsync();
        var second = _stage.Send("alice", "bob", "two");
        Assert.Equal(3, await second.EndAsync());
        Assert.Equal(kept.Text("id"), second.JsonOutput[0].Text("id"));
        Assert.True(second.JsonOutput[0].GetProperty("earlier").GetBoolean());
        Assert.Equal(["one", "two"], (await _stage.ReceiveAllAsync("bob", 2)).Texts("text"));
    }

    [Fact]
    public async Task A_message_that_the_server_refuses_does_not_stop_the_others()
    {
        _stage.With("HEXAGRAM__BOUNDS__BODYBYTESMAX", "100");
        await _stage.ServeAsync();
        var send = _stage.Send("alice", "bob", "-");
        await send.FeedAsync("before");
        await send.FeedAsync(new string('x', 101));
        await send.FeedAsync("after");
        send.EndInput();

        Assert.Equal(5, await send.EndAsync());

        Assert.Equal(["stored", "refused", "stored"], send.JsonOutput.Texts("state"));
        Assert.Contains("100", send.JsonOutput[1].Text("reason"), StringComparison.Ordinal);
        Assert.Equal(["before", "after"], (await _stage.ReceiveAllAsync("bob", 2)).Texts("text"));
    }

    [Fact]
    public async Task A_line_that_is_not_text_is_refused_alone()
    {
        await _stage.ServeAsync();
        var send = _stage.Send("alice", "bob", "-");
        await send.FeedBytesAsync([.. "good\n"u8, 0xff, 0xfe, (byte)'\n', .. "good too\n"u8]);
        send.EndInput();

        Assert.Equal(5, await send.EndAsync());

        Assert.Equal(["stored", "refused", "stored"], send.JsonOutput.Texts("state"));
        Assert.Equal(["good", "good too"], (await _stage.ReceiveAllAsync("bob", 2)).Texts("text"));
    }

    [Fact]
    public async Task The_trace_names_the_six_lines_in_their_order()
    {
        await _stage.ServeAsync();
        await _stage.ListenAsync("bob");

        var json = _stage.Send("alice", "bob", "traced", "--trace");
        Assert.Equal(0, await json.EndAsync());
        var lines = json.JsonOutput.Where(line => line.TryGetProperty("line", out _)).ToList();
        Assert.Equal([1, 2, 3, 4, 5, 6], lines.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal(["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"], lines.Texts("packet"));
        Assert.Equal(["seen", "seen", "proven", "proven", "proven", "seen"], lines.Texts("how"));
        Assert.Equal("delivered", json.JsonOutput[^1].Text("state"));

        var words = _stage.Run("send", "--as", "alice", "--to", "bob", "--server", _stage.Server, "--trace", "again");
        Assert.Equal(0, await words.EndAsync());
        Assert.Equal(7, words.Output.Count);
        Assert.Contains("6 ack:N", words.Output[5], StringComparison.Ordinal);
        Assert.DoesNotContain(words.Output, line => line.Contains('\e'));
    }

    [Fact]
    public async Task The_trace_shows_a_forged_line_as_what_it_is()
    {
        await _stage.ServeAsync();

        var send = _stage.Send("alice", "bob", "traced", "--trace");

        Assert.Equal(3, await send.EndAsync());
        var lines = send.JsonOutput.Where(line => line.TryGetProperty("line", out _)).ToList();
        Assert.Equal([1, 2, 6], lines.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal("forged", lines[^1].Text("how"));
    }

    [Fact]
    public async Task A_token_of_another_server_is_told_at_once()
    {
        await _stage.ServeAsync();
        await using var other = new Stage();
        await other.ServeAsync();

        var send = _stage.Send("alice", "bob", "text", "--token", await other.TokenAsync("alice"));

        Assert.Equal(1, await send.EndAsync());
        Assert.Contains(send.Errors, line => Json.Parse(line).TryGetProperty("error", out var error) && error.GetString()!.Contains("token", StringComparison.Ordinal));
        Assert.Equal("waiting", Assert.Single(send.JsonOutput).Text("state"));
    }

    [Fact]
    public async Task Nothing_is_sent_with_a_token_of_somebody_else()
    {
        await _stage.ServeAsync();

        var send = _stage.Send("alice", "bob", "as mallory", "--token", await _stage.TokenAsync("mallory"));

        Assert.Equal(1, await send.EndAsync());
        Assert.Contains("mallory", send.Errors[^1], StringComparison.Ordinal);

        // With her own token the same outbox goes on, and bob hears of alice alone.
        var next = _stage.Send("alice", "bob", "-");
        next.EndInput();
        Assert.Equal(3, await next.EndAsync());
        Assert.Equal("alice", Assert.Single(await _stage.ReceiveAllAsync("bob", 1)).Text("from"));
    }

    [Fact]
    public async Task A_token_can_come_from_the_environment()
    {
        await _stage.ServeAsync();
        _stage.With("HEXAGRAM__TOKEN", await _stage.TokenAsync("alice")).With("HEXAGRAM__SERVER", _stage.Server);

        var send = _stage.Run("send", "--as", "alice", "--to", "bob", "text");

        Assert.Equal(3, await send.EndAsync());
        Assert.StartsWith("stored", Assert.Single(send.Output), StringComparison.Ordinal);
    }
}

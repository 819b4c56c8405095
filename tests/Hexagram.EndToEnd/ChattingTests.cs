using System.Text.Json;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary>Two people talk, each with a program of their own.</summary>
public sealed class ChattingTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task What_is_said_is_heard_and_each_message_says_how_it_stands()
    {
        await _stage.ServeAsync();
        var (alice, bob) = (Chat("alice", "bob"), Chat("bob", "alice"));
        await alice.FeedAsync("你好");
        await bob.WhenOutputAsync(printed => Heard(printed, "你好"));
        await bob.FeedAsync("hello");

        await alice.WhenOutputAsync(printed => Heard(printed, "hello") && Stands(printed, "delivered"));
        alice.EndInput();
        bob.EndInput();

        Assert.Equal((0, 0), (await alice.EndAsync(), await bob.EndAsync()));
        var states = alice.JsonOutput.Where(one => one.TryGetProperty("state", out _)).Select(one => one.Text("state")).ToList();
        Assert.Equal(states.Order(Comparer<string>.Create((one, other) => Rank(one) - Rank(other))), states);
        Assert.Equal(states.Distinct(), states);
        Assert.Single(bob.JsonOutput, one => one.TryGetProperty("text", out var text) && text.GetString() == "你好");
    }

    [Fact]
    public async Task A_server_that_is_killed_interrupts_nobody_for_long()
    {
        var server = await _stage.ServeAsync();
        var (alice, bob) = (Chat("alice", "bob"), Chat("bob", "alice"));
        await alice.FeedAsync("before");
        await bob.WhenOutputAsync(printed => Heard(printed, "before"));
        await server.KillAsync();
        await alice.WhenSaidAsync("Not connected");
        await alice.FeedAsync("meanwhile");
        await alice.WhenOutputAsync(printed => Stands(printed, "waiting"));
        await _stage.ServeAsync();

        await bob.WhenOutputAsync(printed => Heard(printed, "meanwhile"));
        Assert.Equal((0, 0), (await alice.StopAsync(), await bob.InterruptAsync()));
        Assert.Equal(["before", "meanwhile"], bob.JsonOutput.Where(one => one.TryGetProperty("text", out _)).Select(one => one.Text("text")));
    }

    [Fact]
    public async Task Who_leaves_is_told_what_waits_and_the_next_run_sends_it()
    {
        var server = await _stage.ServeAsync();
        await _stage.TokenAsync("alice");
        await server.KillAsync();
        var alice = Chat("alice", "bob");
        await alice.FeedAsync("for later");
        alice.EndInput();
        Assert.Equal(0, await alice.EndAsync());
        Assert.Contains(alice.Errors, line => line.Contains("1 message is in the outbox", StringComparison.Ordinal));

        await _stage.ServeAsync();
        var again = Chat("alice", "bob");
        await again.WhenOutputAsync(printed => Stands(printed, "stored"));
        again.EndInput();
        Assert.Equal(0, await again.EndAsync());
        Assert.Equal("for later", (await _stage.ReceiveAllAsync("bob", 1))[0].Text("text"));
    }

    [Fact]
    public async Task What_could_not_be_shown_is_not_confirmed()
    {
        await _stage.ServeAsync();
        var bob = Chat("bob", "alice");
        await _stage.Send("alice", "bob", "first").EndAsync();
        await bob.WhenOutputAsync(printed => Heard(printed, "first"));
        bob.CloseOutput();
        await _stage.Send("alice", "bob", "second", "--timeout", "1s").EndAsync();
        Assert.Equal(1, await bob.EndAsync());

        var again = Chat("bob", "alice");
        await again.WhenOutputAsync(printed => Heard(printed, "second"));
        again.EndInput();
        Assert.Equal(0, await again.EndAsync());
        Assert.DoesNotContain(again.JsonOutput, one => one.TryGetProperty("text", out var text) && text.GetString() == "first");
    }

    private static int Rank(string state) => Array.IndexOf(["waiting", "accepted", "stored", "delivered"], state);

    private static bool Heard(IReadOnlyList<string> printed, string text) => printed.Select(Json.Parse).Any(one => one.TryGetProperty("text", out var said) && said.GetString() == text);

    private static bool Stands(IReadOnlyList<string> printed, string state) =>
        printed.Select(Json.Parse).Any(one => one.TryGetProperty("state", out var said) && said.ValueKind == JsonValueKind.String && said.GetString() == state);

    private RunningProgram Chat(string user, string to) => _stage.Run("chat", "--as", user, "--to", to, "--server", _stage.Server, "--json");
}

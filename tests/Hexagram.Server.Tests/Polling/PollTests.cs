using Hexagram.Protocol;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Polling;

/// <summary>What a poll brings, and when it is answered (PROTOCOL §14.1).</summary>
public sealed class PollTests
{
    [Fact]
    public async Task Reading_destroys_nothing_and_only_the_next_cursor_confirms()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await server.AppendDirectlyAsync("alice", "bob", "1");
        await server.AppendDirectlyAsync("alice", "bob", "2");

        var first = (await bob.PollAsync()).Well();
        var again = (await bob.PollAsync()).Well();
        var next = (await bob.PollAsync(cursor: 1)).Well();
        var last = (await bob.PollAsync(cursor: 2)).Well();

        Assert.Equal([1, 2], first.Entries);
        Assert.Equal([1, 2], again.Entries);
        Assert.Equal([2], next.Entries);
        Assert.IsType<Welcome>(Assert.Single(last.Packets));
        Assert.Equal(new Sequence(2), (await server.Store.DevicesAsync(new("bob"), CancellationToken.None)).Single().Cursor);
    }

    [Fact]
    public async Task Welcome_comes_first_and_says_where_the_stream_resumes()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await server.AppendDirectlyAsync("alice", "bob", "1");

        var answer = (await bob.PollAsync()).Well();

        var welcome = Assert.IsType<Welcome>(answer.Packets[0]);
        Assert.Equal((new UserId("bob"), server.Store.Epoch, Sequence.None, new Sequence(1)), (welcome.User, welcome.Epoch, welcome.ResumeAfter, welcome.Last));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_message_answers_a_poll_that_is_held()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var held = await bob.HeldAsync();

        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));

        Assert.Equal([1], (await held).Well().Entries);
    }

    [Fact]
    public async Task A_message_between_two_polls_is_brought_by_the_next()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        (await bob.PollAsync()).Well();

        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));

        Assert.Equal([1], (await bob.PollAsync(hold: TimeSpan.FromSeconds(30))).Well().Entries);
    }

    [Fact]
    public async Task A_message_while_the_mailbox_is_opened_is_not_missed()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        server.Store.HoldOpenings();
        var poll = bob.PollAsync(hold: TimeSpan.FromSeconds(30));
        await server.Store.WhenOpenedAsync(1);

        // The store has said that there is nothing, and the poll does not know it yet.
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await server.WhenLastIsAsync("bob", 1);
        server.Store.Release();

        Assert.Equal([1], (await poll).Well().Entries);
    }

    [Fact]
    public async Task Messages_in_the_instant_a_poll_is_returning_come_once_each_and_in_order()
    {
        const int messages = 300;
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < messages; i++)
            {
                // An ack:N of one before can come in between.
                await alice.SendAsync(server.Message("bob", $"{i}"));
                await alice.ReceiveUntilAsync<MessageAcknowledge>();
            }
        });

        var brought = new List<long>();
        while (brought.Count < messages)
        {
            var cursor = brought.Count / 2;
            brought.AddRange((await bob.PollAsync(cursor, received: brought.Count, hold: TimeSpan.FromSeconds(30))).Well().Entries);
        }

        await sending;
        Assert.Equal(Enumerable.Range(1, messages).Select(n => (long)n), brought);
    }

    [Fact]
    public async Task The_cursor_is_confirmed_before_a_poll_is_held()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);
        await bob.PollAsync();

        var held = await bob.HeldAsync(cursor: 1);

        Assert.Equal([request.Id], (await AfterStoredAsync(alice)).Ids);
        Assert.False(held.IsCompleted);
    }

    [Fact]
    public async Task What_has_been_received_is_not_brought_again_while_it_is_handled()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await server.AppendDirectlyAsync("alice", "bob", "1");
        await server.AppendDirectlyAsync("alice", "bob", "2");
        (await bob.PollAsync()).Well();

        var held = await bob.HeldAsync(cursor: 1, received: 2);
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "3"));

        Assert.Equal([3], (await held).Well().Entries);
    }

    [Fact]
    public async Task What_has_been_received_counts_in_the_window()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        bob.Hello = bob.Hello with { Window = 3 };
        for (var n = 1; n <= 6; n++)
        {
            await server.AppendDirectlyAsync("alice", "bob", $"{n}");
        }

        Assert.Equal([1, 2, 3], (await bob.PollAsync()).Well().Entries);
        Assert.Empty((await bob.PollAsync(received: 3)).Well().Entries);
        Assert.Equal([4, 5], (await bob.PollAsync(cursor: 2, received: 3)).Well().Entries);
    }

    [Fact]
    public async Task A_repeated_entry_comes_again_and_is_marked()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);
        await bob.PollAsync();
        var held = await bob.HeldAsync(received: 1);

        await alice.SendAsync(request);

        Assert.True(Assert.Single((await held).Well().Packets.OfType<MessageNotify>()).Redelivered);
    }

    [Theory]
    [InlineData(null, 30)]
    [InlineData(25, 25)]
    [InlineData(600, 90)]
    public async Task A_poll_is_answered_with_its_Welcome_when_its_time_is_over(int? asked, int held)
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        var hold = asked is { } seconds ? TimeSpan.FromSeconds(seconds) : server.Services.GetRequiredService<ServerOptions>().Polling.Hold;
        var poll = await bob.HeldAsync(hold: hold);

        server.Advance(TimeSpan.FromSeconds(held - 1));
        var waits = !poll.IsCompleted;
        server.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<Welcome>(Assert.Single((await poll).Well().Packets));
        Assert.True(waits);
    }

    [Fact]
    public async Task Many_entries_come_in_as_many_polls_as_it_takes()
    {
        const int messages = 40;
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        for (var n = 0; n < messages; n++)
        {
            await server.AppendDirectlyAsync("alice", "bob", new string('x', 100_000));
        }

        long received = 0;
        for (var polls = 0; received < messages; polls++)
        {
            var answer = (await bob.PollAsync(received, received)).Well();
            Assert.InRange(answer.Text.Length, 1, 4 << 20);
            Assert.InRange(polls, 0, 10);
            received = answer.Entries.Last();
        }
    }

    [Fact]
    public async Task Whoever_only_sends_is_told_what_became_of_it_and_gets_no_entries()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        alice.Hello = alice.Hello with { Window = 0 };
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");
        await server.AppendDirectlyAsync("carol", "alice", "not for this device");
        var held = await alice.HeldAsync();

        (await alice.SendAsync([request])).Well();
        await server.ConfirmAsync(bob, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);

        var answer = (await held).Well();
        Assert.Equal([request.Id], Assert.Single(answer.Packets.OfType<AckNotify>()).Ids);
        Assert.Empty(answer.Entries);
    }

    private static async Task<AckNotify> AfterStoredAsync(RawClient client)
    {
        AckNotify report;
        do
        {
            report = await client.ReceiveAsync<AckNotify>();
        }
        while (report.State == MessageState.Stored);
        return report;
    }
}

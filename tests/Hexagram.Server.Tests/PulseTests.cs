using Hexagram.Protocol;
using Hexagram.Server.Router;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>Silent, slow and dead peers (PROTOCOL §9): each costs bounded memory, is found out, and hurts nobody else.</summary>
public sealed class PulseTests
{
    [Fact]
    public async Task Nothing_comes_before_Welcome_however_long_it_takes()
    {
        await using var server = await TestServer.StartAsync();
        server.Store.HoldOpenings();
        await using var bob = await server.ConnectAsync();
        await bob.SendAsync(server.Hello("bob", window: 10));
        await server.Store.WhenOpeningsAsync(1);

        AdvanceAndBeat(server, TimeSpan.FromSeconds(29));
        server.Store.Release();
        Assert.IsType<Welcome>(await bob.ReceiveAnyAsync(pings: true));

        // And the silence that was asked for is not held against the client.
        AdvanceAndBeat(server, TimeSpan.FromSeconds(19));
        await bob.SendAsync(Ping.Instance);
        Assert.IsType<Pong>(await bob.ReceiveAnyAsync(pings: true));
    }

    [Fact]
    public async Task An_opening_that_takes_too_long_ends_with_Goodbye()
    {
        await using var server = await TestServer.StartAsync();
        server.Store.HoldOpenings();
        await using var bob = await server.ConnectAsync();
        await bob.SendAsync(server.Hello("bob", window: 10));
        await server.Store.WhenOpeningsAsync(1);

        AdvanceAndBeat(server, TimeSpan.FromSeconds(30));

        Assert.Equal(ErrorCode.Resynchronize, Assert.IsType<Goodbye>(await bob.ReceiveAnyAsync(pings: true)).Code);

        // The store still hangs, and the session takes no place any more.
        bob.FinishSending();
        await server.WhenSessionsAsync(0);
        Assert.Equal(0, server.Services.GetRequiredService<SessionDirectory>().Count);
    }

    /// <summary>Every session has seen the new time when this completes.</summary>
    private static void AdvanceAndBeat(TestServer server, TimeSpan time)
    {
        server.Advance(time);
        foreach (var session in server.Sessions.Sessions)
        {
            session.Tick(server.Time.GetUtcNow());
        }
    }

    [Fact]
    public async Task A_silent_client_is_asked_and_then_let_go()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.ReceiverAsync("alice");

        server.Advance(TimeSpan.FromSeconds(19));
        Assert.Empty(await alice.SettleAsync());
        server.Advance(TimeSpan.FromSeconds(20));
        await alice.ReceiveAsync<Ping>();
        server.Advance(TimeSpan.FromSeconds(20));
        await alice.ReceiveAsync<Ping>();
        server.Advance(TimeSpan.FromSeconds(5));

        await alice.ReceiveGoodbyeAsync(ErrorCode.Idle);
    }

    [Fact]
    public async Task Any_byte_is_a_sign_of_life()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        for (var n = 0; n < 10; n++)
        {
            server.Advance(TimeSpan.FromSeconds(30));
            await alice.ReceiveAsync<Ping>();
            await alice.SendAsync(Pong.Instance);
            Assert.Empty(await alice.SettleAsync());
        }
    }

    [Fact]
    public async Task A_dead_peer_is_cut_off_also_when_it_does_not_take_the_Goodbye()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        await using var alice = await server.SenderAsync("alice");

        server.Advance(TimeSpan.FromSeconds(45));
        await server.AdvanceUntilAsync(() => server.Sessions.Count == 0);

        await using var again = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(again, server.Message("bob", "hello"));
        Assert.Equal(MessageState.Stored, (await again.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task A_recipient_that_does_not_read_costs_bounded_memory_hurts_nobody_and_gets_everything_when_it_reads()
    {
        const int count = 256;
        const int outgoingBytesMax = 256 << 10;
        const int bodyBytes = 64 << 10;
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { OutgoingBytesMax = outgoingBytesMax } });
        await using var bob = await server.ConnectAsync(receiveBufferBytes: 16 << 10);
        await bob.HelloAsync(server.Hello("bob", window: 1_000) with { WindowBytes = 64 << 20 });
        var bobsSession = Assert.Single(server.Sessions.Sessions);
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        await using var dave = await server.ReceiverAsync("dave");

        var largest = 0;
        for (var n = 1; n <= count; n++)
        {
            await TestServer.AcceptAsync(alice, server.Message("bob", new string('x', bodyBytes)));
            largest = Math.Max(largest, bobsSession.OutgoingBytes);
            if (n % 16 == 0)
            {
                await TestServer.AcceptAsync(carol, server.Message("dave", "nobody else waits"));
                await dave.ReceiveAsync<MessageNotify>();
            }
        }

        Assert.InRange(largest, outgoingBytesMax / 2, outgoingBytesMax + (2 * bodyBytes));
        for (var n = 1; n <= count; n++)
        {
            Assert.Equal(n, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);
        }
    }

    [Fact]
    public async Task A_recipient_that_does_not_read_at_all_is_cut_off()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ConnectAsync(receiveBufferBytes: 16 << 10);
        await bob.HelloAsync(server.Hello("bob", window: 1_000) with { WindowBytes = 64 << 20 });
        await using (var alice = await server.SenderAsync("alice"))
        {
            for (var n = 1; n <= 256; n++)
            {
                await TestServer.AcceptAsync(alice, server.Message("bob", new string('x', 64 << 10)));
            }
        }

        await server.WhenSessionsAsync(1);
        for (var n = 0; n < 4; n++)
        {
            // Bob speaks now and then: it is not his silence that ends him.
            await bob.SendAsync(Pong.Instance);
            server.Advance(TimeSpan.FromSeconds(15));
        }

        await server.AdvanceUntilAsync(() => server.Sessions.Count == 0);
        Assert.Contains(server.Logs.Lines, line => line.Id.Id == 1103 && line.Text.Contains(nameof(ErrorCode.SlowReader), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_asks_and_does_not_read_the_answers_costs_bounded_memory()
    {
        const int questions = 600;
        const int outgoingBytesMax = 64 << 10;
        await using var server = await TestServer.StartAsync(options => options with
        {
            Bounds = options.Bounds with { OutgoingBytesMax = outgoingBytesMax, PacketsBurst = 10_000_000 },
        });
        await using var alice = await server.ConnectAsync(receiveBufferBytes: 16 << 10);
        await alice.HelloAsync(server.Hello("alice"));
        var session = Assert.Single(server.Sessions.Sessions);
        await using var carol = await server.SenderAsync("carol");
        var question = new StatusRequest(new("bob"), [.. Enumerable.Range(0, 1_000).Select(_ => server.NewId())]);

        var asking = Task.Run(async () =>
        {
            for (var n = 0; n < questions; n++)
            {
                await alice.SendAsync(question);
            }
        });
        var largest = 0;
        for (var n = 0; n < 100; n += largest > outgoingBytesMax ? 1 : 0)
        {
            await carol.SettleAsync();
            largest = Math.Max(largest, session.OutgoingBytes);
        }

        Assert.False(asking.IsCompleted);
        Assert.InRange(largest, outgoingBytesMax, 4 * outgoingBytesMax);
        for (var n = 0; n < questions; n++)
        {
            await alice.ReceiveAsync<StatusAcknowledge>();
        }

        await asking;
    }

    [Fact]
    public async Task A_ping_is_answered_with_a_pong_each()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");

        await alice.SendAsync(Ping.Instance, Ping.Instance, Ping.Instance);

        for (var n = 0; n < 3; n++)
        {
            await alice.ReceiveAsync<Pong>();
        }
    }

    [Fact]
    public async Task A_client_that_leaves_with_Goodbye_just_leaves()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");

        await alice.SendAsync(new Goodbye(ErrorCode.ProtocolViolation, "You are strange.", TimeSpan.Zero));
        alice.FinishSending();

        Assert.Null(await alice.ReceiveAnyAsync());
        await server.WhenSessionsAsync(0);
    }

    [Fact]
    public async Task What_a_client_sends_right_before_it_leaves_is_taken()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        for (var n = 0; n < 20; n++)
        {
            var bob = await server.ReceiverAsync($"bob-{n}");
            await TestServer.AcceptAsync(alice, server.Message($"bob-{n}", "hello"));
            await bob.ReceiveAsync<MessageNotify>();

            await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));
            await bob.DisposeAsync();

            Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
        }
    }

    [Fact]
    public async Task A_client_that_has_finished_sending_still_gets_its_answers()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("bob", "last words"));
        await server.Store.WhenAppendsAsync(1);
        alice.FinishSending();

        server.Store.Release();

        await alice.ReceiveAsync<MessageAcknowledge>();

        // Nobody is there for it; that may still be told, and is the last.
        while (await alice.ReceiveAnyAsync() is { } more)
        {
            Assert.Equal(MessageState.Stored, Assert.IsType<AckNotify>(more).State);
        }
    }
}

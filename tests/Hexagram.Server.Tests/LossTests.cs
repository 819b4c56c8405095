using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>The server's side of each row of the loss table (PROTOCOL §12). What is lost is the tail of a connection, so each test cuts one.</summary>
public sealed class LossTests
{
    [Fact]
    public async Task A_confirmation_beyond_the_page_that_is_being_read_does_not_stop_the_stream()
    {
        await using var server = await TestServer.StartAsync();
        for (var n = 1; n <= 20; n++)
        {
            await server.AppendDirectlyAsync("alice", "bob", $"{n}");
        }

        server.Store.HoldReads();
        await using var bob = await server.ReceiverAsync("bob", window: 4);

        // An earlier connection has brought these, and the device has got round to them now.
        await server.ConfirmAsync(bob, 10);
        server.Store.Release();

        Assert.Equal(new Sequence(11), (await bob.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Fact]
    public async Task Lost_msgA_the_resend_is_a_duplicate_and_gets_the_same_answer()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "once");
        await using (var alice = await server.SenderAsync("alice"))
        {
            server.Store.HoldAppends();
            await alice.SendAsync(request);
            await server.Store.WhenAppendsAsync(1);
            alice.Reset();
        }

        server.Store.Release();
        var notified = await bob.ReceiveAsync<MessageNotify>();
        server.Advance(TimeSpan.FromSeconds(1));
        await using var again = await server.SenderAsync("alice");
        var accepted = await TestServer.AcceptAsync(again, request);

        Assert.Equal(notified.AcceptedAt, accepted.AcceptedAt);
        Assert.Equal(new Sequence(1), (await server.Store.PositionsAsync([new("bob")], CancellationToken.None))[0].Last);
    }

    [Fact]
    public async Task Lost_msgN_a_resend_notifies_once_more_and_marks_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);
        var first = await bob.ReceiveAsync<MessageNotify>();

        await TestServer.AcceptAsync(alice, request);

        Assert.Equal(first with { Redelivered = true }, await bob.ReceiveAsync<MessageNotify>());
    }

    [Fact]
    public async Task Lost_msgN_the_reconnection_replays_from_the_cursor()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var hello = server.Hello("bob", window: 10);
        await using (var bob = await server.OpenAsync(hello))
        {
            for (var n = 1; n <= 3; n++)
            {
                await TestServer.AcceptAsync(alice, server.Message("bob", $"{n}"));
                await bob.ReceiveAsync<MessageNotify>();
            }

            await server.ConfirmAsync(bob, 1);
            bob.Reset();
        }

        await using var again = await server.OpenAsync(hello with { Connection = new(900), Epoch = server.Store.Epoch, Cursor = new(1) });

        Assert.Equal(new Sequence(2), (await again.ReceiveAsync<MessageNotify>()).Sequence);
        Assert.Equal(new Sequence(3), (await again.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Fact]
    public async Task Lost_ackR_a_client_that_is_behind_the_servers_cursor_gets_everything_from_its_own()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var hello = server.Hello("bob", window: 10);
        await using (var bob = await server.OpenAsync(hello))
        {
            for (var n = 1; n <= 3; n++)
            {
                await TestServer.AcceptAsync(alice, server.Message("bob", $"{n}"));
                await bob.ReceiveAsync<MessageNotify>();
            }

            await server.ConfirmAsync(bob, 3);
        }

        // Bob's disk was put back to where it was before entry 2.
        await using var restored = await server.OpenAsync(hello with { Connection = new(900), Epoch = server.Store.Epoch, Cursor = new(1), Window = 1 });

        Assert.Equal(new Sequence(2), (await restored.ReceiveAsync<MessageNotify>()).Sequence);
        await restored.SendAsync(new AckRequest(server.Store.Epoch, new(2)));
        Assert.Equal(new Sequence(3), (await restored.ReceiveAsync<AckAcknowledge>()).UpTo);
        Assert.Equal(new Sequence(3), (await restored.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Fact]
    public async Task Lost_ackA_a_repeated_confirmation_is_answered_and_changes_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();

        await server.ConfirmAsync(bob, 1);
        await server.ConfirmAsync(bob, 1);

        await alice.ReceiveAsync<AckNotify>();
        Assert.Empty(await alice.SettleAsync());
    }

    [Fact]
    public async Task Lost_ackN_a_resend_of_what_is_delivered_gets_ackN_at_once_and_the_recipient_hears_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");
        await using (var alice = await server.SenderAsync("alice"))
        {
            await TestServer.AcceptAsync(alice, request);
            await bob.ReceiveAsync<MessageNotify>();
        }

        await server.ConfirmAsync(bob, 1);
        await using var again = await server.SenderAsync("alice");
        await again.SendAsync(request);

        Assert.Equal(request.Id, (await again.ReceiveAsync<MessageAcknowledge>()).Id);
        var delivered = await again.ReceiveAsync<AckNotify>();
        Assert.Equal(MessageState.Delivered, delivered.State);
        Assert.Equal([request.Id], delivered.Ids);
        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task AckN_never_comes_before_the_msgA_of_its_session()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        server.Store.HoldAppends();
        var request = server.Message("bob", "fast");
        await alice.SendAsync(request);
        await server.Store.WhenAppendsAsync(1);

        // Bob learns of it from the store while its msg:A is still on the way to Alice.
        await server.WhenLastIsAsync("bob", 1);
        server.Advance(TimeSpan.FromSeconds(20));
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);
        Assert.Empty(await alice.SettleAsync());

        server.Store.Release();

        await alice.ReceiveAsync<MessageAcknowledge>();
        Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task Stored_is_said_only_when_nobody_is_there_to_receive()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);
        var stored = await alice.ReceiveAsync<AckNotify>();
        Assert.Equal((new UserId("bob"), MessageState.Stored), (stored.By, stored.State));

        // Still nobody: a resend says so again.
        await TestServer.AcceptAsync(alice, request);
        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);

        await using (var bob = await server.ReceiverAsync("bob"))
        {
            await bob.ReceiveAsync<MessageNotify>();
            await TestServer.AcceptAsync(alice, request);
            Assert.True((await bob.ReceiveAsync<MessageNotify>()).Redelivered);
            Assert.Empty(await alice.SettleAsync());
        }

        await server.WhenSessionsAsync(1);
        await TestServer.AcceptAsync(alice, request);
        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task What_was_in_flight_when_the_sender_vanished_reaches_the_recipient()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        await using (var alice = await server.SenderAsync("alice"))
        {
            server.Store.HoldAppends();
            await alice.SendAsync(server.Message("bob", "one"), server.Message("bob", "two"));
            await server.Store.WhenAppendsAsync(2);
            alice.Reset();
        }

        server.Store.Release();

        Assert.Equal("one", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Equal("two", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        await server.WhenSessionsAsync(1);
    }

    [Fact]
    public async Task A_lost_hint_is_made_good_by_the_heartbeat()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        var id = await server.AppendDirectlyAsync("alice", "bob", "unheard of");
        Assert.Empty(await bob.SettleAsync());

        server.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(id, (await bob.ReceiveAsync<MessageNotify>()).Id);
    }

    [Fact]
    public async Task A_router_that_was_lost_learns_of_the_live_sessions_with_the_heartbeat()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await server.LoseRouterOfAsync("bob");
        await TestServer.AcceptAsync(alice, server.Message("bob", "one"));
        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);

        server.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("one", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        await TestServer.AcceptAsync(alice, server.Message("bob", "two"));

        Assert.Equal("two", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Empty(await alice.SettleAsync());
    }

    [Fact]
    public async Task A_confirmation_of_another_history_is_answered_and_not_applied()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();

        await bob.SendAsync(new AckRequest(new Epoch(server.Store.Epoch.Value ^ 1), new(1)));

        Assert.Equal(new AckAcknowledge(server.Store.Epoch, Sequence.None), await bob.ReceiveAsync<AckAcknowledge>());
        Assert.Empty(await alice.SettleAsync());
    }

    [Fact]
    public async Task Confirmations_that_come_close_together_become_one()
    {
        const int count = 50;
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        for (var n = 1; n <= count; n++)
        {
            await TestServer.AcceptAsync(alice, server.Message("bob", $"{n}"));
            await bob.ReceiveAsync<MessageNotify>();
        }

        server.Store.HoldConfirmations();
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));
        await server.Store.WhenConfirmationsAsync(1);
        await bob.SendAsync([.. Enumerable.Range(2, count - 1).Select(n => new AckRequest(server.Store.Epoch, new(n)))]);
        Assert.Empty(await bob.SettleAsync());
        server.Store.Release();

        Assert.Equal(new Sequence(1), (await bob.ReceiveAsync<AckAcknowledge>()).UpTo);
        Assert.Equal(new Sequence(count), (await bob.ReceiveAsync<AckAcknowledge>()).UpTo);
        Assert.Equal(2, server.Store.Confirmations);
    }

    [Fact]
    public async Task The_status_of_messages_is_told_in_the_order_asked()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var delivered = server.Message("bob", "delivered");
        var accepted = server.Message("bob", "accepted");
        await TestServer.AcceptAsync(alice, delivered);
        await TestServer.AcceptAsync(alice, accepted);
        await bob.ReceiveAsync<MessageNotify>();
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);
        await alice.ReceiveAsync<AckNotify>();
        var unknown = server.NewId();

        await alice.SendAsync(new StatusRequest(new("bob"), [unknown, accepted.Id, delivered.Id]));

        Assert.Equal(
            [new MessageStatus(unknown, MessageState.Waiting), new(accepted.Id, MessageState.Accepted), new(delivered.Id, MessageState.Delivered)],
            (await alice.ReceiveAsync<StatusAcknowledge>()).Statuses);
    }
}

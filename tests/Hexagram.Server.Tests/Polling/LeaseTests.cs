using Hexagram.Protocol;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Polling;

/// <summary>What is there of a device between its polls, and which of several polls is the one (PROTOCOL §14.1).</summary>
public sealed class LeaseTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(80);

    [Fact]
    public async Task The_gap_between_two_polls_is_not_offline()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        (await bob.PollAsync()).Well();

        server.Advance(TimeSpan.FromSeconds(14));
        await TestServer.AcceptAsync(alice, server.Message("bob", "in the gap"));

        // Nobody says "stored": there is somebody.
        Assert.Empty(await alice.SettleAsync());
        Assert.Equal(1, Leases(server).Count);
    }

    [Fact]
    public async Task When_the_lease_is_over_the_user_is_offline()
    {
        await using var server = await TestServer.StartAsync(TestServer.NeverIdle);
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        (await bob.PollAsync()).Well();

        await server.AdvanceUntilAsync(() => Leases(server).Count == 0);
        await TestServer.AcceptAsync(alice, server.Message("bob", "after it"));

        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task A_lease_does_not_run_out_while_a_poll_is_held()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        (await bob.PollAsync()).Well();
        var held = await bob.HeldAsync(hold: Long);

        server.Advance(TimeSpan.FromSeconds(60));
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));

        Assert.Equal([1], (await held).Well().Entries);
    }

    [Fact]
    public async Task The_last_poll_of_a_connection_leaves_no_lease()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await server.AppendDirectlyAsync("alice", "bob", "1");
        (await bob.PollAsync()).Well();

        (await bob.PollAsync(cursor: 1, leaves: true, hold: Long)).Well();

        Assert.Equal(0, Leases(server).Count);
        await using var carol = await server.SenderAsync("carol");
        await TestServer.AcceptAsync(carol, server.Message("bob", "after it"));
        Assert.Equal(MessageState.Stored, (await carol.ReceiveAsync<AckNotify>()).State);
    }

    [Fact]
    public async Task An_ackN_between_two_polls_is_kept_for_the_next()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");
        (await alice.PollAsync()).Well();
        (await alice.SendAsync([request])).Well();

        await server.ConfirmAsync(bob, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);

        var report = Assert.Single((await alice.PollAsync(hold: Long)).Well().Packets.OfType<AckNotify>());
        Assert.Equal((new UserId("bob"), MessageState.Delivered, request.Id), (report.By, report.State, Assert.Single(report.Ids)));
        Assert.Empty((await alice.PollAsync()).Well().Packets.OfType<AckNotify>());
    }

    [Fact]
    public async Task So_many_ackN_are_kept_and_the_others_are_asked_for()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        (await alice.PollAsync()).Well();
        var router = server.Services.GetRequiredService<Router.UserRoutes>();
        var ids = Enumerable.Range(0, 1_500).Select(_ => server.NewId()).Chunk(100).ToList();
        foreach (var part in ids)
        {
            router.Report(new("alice"), new Router.DeliveryReport(new("bob"), part));
        }

        var answer = (await alice.PollAsync(hold: Long)).Well();

        Assert.Equal(ProtocolLimits.ReportsKeptMax, answer.Packets.OfType<AckNotify>().Sum(report => report.Ids.Count));
    }

    [Fact]
    public async Task An_ackN_that_its_poll_could_not_bring_is_brought_by_the_next()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        await using var bob = await server.ReceiverAsync("bob");
        using var reload = new CancellationTokenSource();
        var request = server.Message("bob", "hello");
        await server.AppendDirectlyAsync("carol", "alice", "1");
        await server.AppendDirectlyAsync("carol", "alice", "2");
        (await alice.PollAsync()).Well();
        (await alice.SendAsync([request])).Well();
        await server.ConfirmAsync(bob, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);

        // It waits for its page; then its client goes.
        server.Store.HoldReads();
        var poll = await alice.HeldAsync(hold: Long, cancellationToken: reload.Token);
        await reload.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => poll);
        await server.WhenSessionsAsync(1);
        server.Store.Release();

        // It is given back a moment after the session is gone.
        IReadOnlyList<Packet> packets = [];
        for (var polls = 0; !packets.OfType<AckNotify>().Any(); polls++)
        {
            Assert.InRange(polls, 0, 200);
            packets = (await alice.PollAsync()).Well().Packets;
        }

        Assert.Equal([request.Id], packets.OfType<AckNotify>().Single().Ids);
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_in_the_middle_of_a_poll_lets_go_of_it_at_once()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        using var reload = new CancellationTokenSource();
        var poll = await bob.HeldAsync(hold: Long, cancellationToken: reload.Token);

        await reload.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => poll);
        await server.WhenSessionsAsync(1);
        await TestServer.AcceptAsync(alice, server.Message("bob", "while it loads"));
        bob.Reload();

        Assert.Equal([1], (await bob.PollAsync(hold: Long)).Well().Entries);
        Assert.Equal(1, Leases(server).Count);
    }

    [Fact]
    public async Task A_poll_that_a_proxy_sends_twice_is_one_poll()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var first = await bob.HeldAsync(hold: Long);

        var second = await bob.HeldAsync(hold: Long);

        Assert.IsType<Welcome>(Assert.Single((await first).Well().Packets));
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        Assert.Equal([1], (await second).Well().Entries);
    }

    [Fact]
    public async Task A_poll_that_is_replaced_comes_back_when_the_cursor_of_the_new_one_is_applied()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await server.AppendDirectlyAsync("alice", "bob", "1");
        (await bob.PollAsync()).Well();
        var first = await bob.HeldAsync(received: 1, hold: Long);

        server.Store.HoldOpenings();
        var second = bob.PollAsync(cursor: 1, hold: Long);
        await server.Store.WhenOpeningsAsync(3);
        var waits = !first.IsCompleted;
        server.Store.Release();

        (await first).Well();
        Assert.True(waits);
        Assert.False(second.IsCompleted);
        Assert.Equal(new Sequence(1), (await server.Store.DevicesAsync(new("bob"), CancellationToken.None)).Single().Cursor);
    }

    [Fact]
    public async Task Of_two_tabs_the_one_with_the_higher_number_stays_whatever_the_order()
    {
        await using var server = await TestServer.StartAsync();
        using var old = new PollingClient(server, "bob");
        using var young = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var oldPoll = await old.HeldAsync(hold: Long);

        var youngPoll = await young.HeldAsync(hold: Long);

        (await oldPoll).Fails(ErrorCode.Superseded, 409);
        (await old.PollAsync(hold: Long)).Fails(ErrorCode.Superseded, 409);
        Assert.False(youngPoll.IsCompleted);
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        Assert.Equal([1], (await youngPoll).Well().Entries);

        // Between two polls of the young one, too.
        (await old.PollAsync(hold: Long)).Fails(ErrorCode.Superseded, 409);
        Assert.Equal(1, Leases(server).Count);
    }

    [Fact]
    public async Task A_connection_of_another_kind_takes_over_from_polls_and_polls_from_it()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        var poll = await bob.HeldAsync(hold: Long);

        await using var socket = await server.ReceiverAsync("bob");
        (await poll).Fails(ErrorCode.Superseded, 409);
        bob.Hello = bob.Hello with { Connection = new(bob.Hello.Connection.Value + 1) };
        (await bob.PollAsync()).Fails(ErrorCode.Superseded, 409);
        bob.Reload();
        (await bob.PollAsync()).Well();

        await socket.ReceiveGoodbyeAsync(ErrorCode.Superseded);
    }

    [Fact]
    public async Task A_proxy_that_cuts_after_30_s_loses_nothing()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        var brought = new List<long>();
        var told = new List<Packet>();
        for (var round = 0; round < 3; round++)
        {
            using var proxy = new CancellationTokenSource(TimeSpan.FromSeconds(30), server.Time);
            var poll = await bob.HeldAsync(brought.LastOrDefault(), brought.LastOrDefault(), Long, proxy.Token);
            server.Advance(TimeSpan.FromSeconds(30));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
            await server.WhenSessionsAsync(1);
            await alice.SendAsync(server.Message("bob", $"{round}"));
            told.AddRange(await alice.ReceiveUntilAsync<MessageAcknowledge>());
            brought.AddRange((await bob.PollAsync(brought.LastOrDefault(), brought.LastOrDefault())).Well().Entries);
        }

        Assert.Equal([1, 2, 3], brought);
        told.AddRange(await alice.SettleAsync());
        Assert.DoesNotContain(told, packet => packet is AckNotify { State: MessageState.Stored });
    }

    [Fact]
    public async Task A_router_that_is_lost_between_two_polls_learns_of_the_device_again()
    {
        await using var server = await TestServer.StartAsync();
        using var bob = new PollingClient(server, "bob");
        await using var alice = await server.SenderAsync("alice");
        (await bob.PollAsync()).Well();
        await server.LoseRouterOfAsync("bob");

        var held = await bob.HeldAsync(hold: Long);
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));

        Assert.Equal([1], (await held).Well().Entries);
    }

    [Fact]
    public async Task One_user_cannot_have_more_devices_poll_than_it_may_have_sessions()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsPerUserMax = 2 } });
        using var first = new PollingClient(server, "bob", "first");
        using var second = new PollingClient(server, "bob", "second");
        using var third = new PollingClient(server, "bob", "third");
        (await first.PollAsync()).Well();
        (await second.PollAsync()).Well();

        (await third.PollAsync()).Fails(ErrorCode.TooManySessions, 429);

        Assert.Equal(2, Leases(server).Count);
    }

    private static PollLeases Leases(TestServer server) => server.Services.GetRequiredService<PollLeases>();
}

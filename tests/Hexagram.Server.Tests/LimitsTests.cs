using System.Diagnostics;
using Hexagram.Protocol;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>Limits that are no answers: the server stops reading the socket, and reads on when there is room (PROTOCOL §5).</summary>
public sealed class LimitsTests
{
    [Fact]
    public async Task No_more_requests_are_in_flight_than_Welcome_says()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { RequestsInFlightMax = 8 } });
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        server.Store.HoldAppends();

        await alice.SendAsync([.. Enumerable.Range(0, 20).Select(n => server.Message("bob", $"{n}"))]);
        await server.Store.WhenAppendsAsync(8);
        await RoundTripsAsync(carol);
        Assert.Equal(8, server.Store.Appends);

        server.Store.Release();
        for (var answers = 0; answers < 20;)
        {
            answers += await alice.ReceiveAnyAsync() is MessageAcknowledge ? 1 : 0;
        }
    }

    [Fact]
    public async Task No_more_bytes_are_in_flight_than_the_limit_but_one_body_always_fits()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { RequestBytesInFlightMax = 1_000 } });
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        server.Store.HoldAppends();

        await alice.SendAsync(server.Message("bob", new string('x', 5_000)), server.Message("bob", "y"));
        await server.Store.WhenAppendsAsync(1);
        await RoundTripsAsync(carol);
        Assert.Equal(1, server.Store.Appends);

        server.Store.Release();
        await server.Store.WhenAppendsAsync(2);
    }

    [Fact]
    public async Task All_sessions_together_have_no_more_bytes_in_flight_than_the_total_and_take_their_turns()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { RequestBytesInFlightTotalMax = 2_000 } });
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        await using var dora = await server.SenderAsync("dora");
        var budget = server.Services.GetRequiredService<RequestBudget>();
        server.Store.HoldAppends();

        await alice.SendAsync(server.Message("bob", new string('x', 600)));
        await server.Store.WhenAppendsAsync(1);
        await carol.SendAsync(server.Message("bob", new string('x', 600)));
        await server.WhenNotReadAsync();

        // What would fit does not pass by who has waited longer; and what asks for no room goes on.
        await dora.SendAsync(server.Message("bob", "small"));
        Assert.InRange(budget.Used, 600, 2_000);
        Assert.Equal(1, server.Store.Appends);

        server.Store.Release();
        await carol.ReceiveUntilAsync<MessageAcknowledge>();
        await dora.ReceiveUntilAsync<MessageAcknowledge>();
        Assert.Equal(0, budget.Used);
    }

    private static Task<TestServer> StartWithSmallTotalAsync(SteeredAuthorizer authorizer) => TestServer.StartAsync(
        options => options with { Bounds = options.Bounds with { RequestBytesInFlightTotalMax = 2_000 } },
        builder => builder.Services.AddSingleton<IMessageAuthorizer>(authorizer));

    [Fact]
    public async Task What_waits_for_the_authorizer_leaves_the_total_to_the_others()
    {
        var authorizer = new SteeredAuthorizer();
        await using var server = await StartWithSmallTotalAsync(authorizer);
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        var budget = server.Services.GetRequiredService<RequestBudget>();
        var later = new TaskCompletionSource<AuthorizationResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        authorizer.Later = later.Task;
        await alice.SendAsync([.. Enumerable.Range(0, 4).Select(_ => server.Message("slow", new string('x', 900)))]);
        await authorizer.WhenAskedAsync(4);
        Assert.Equal(0, budget.Used);

        authorizer.Later = null;
        await TestServer.AcceptAsync(carol, server.Message("bob", new string('x', 900)));
        Assert.Equal(MessageState.Stored, (await carol.ReceiveAsync<AckNotify>()).State);

        // Once they may go to the store they count as all others do.
        server.Store.HoldAppends();
        later.SetResult(AuthorizationResult.Allowed);
        await server.Store.WhenAppendsAsync(2);
        await RoundTripsAsync(carol);
        Assert.Equal(2, server.Store.Appends);
        Assert.InRange(budget.Used, 900, 2_000);

        server.Store.Release();
        for (var answers = 0; answers < 4;)
        {
            answers += await alice.ReceiveAnyAsync() is MessageAcknowledge ? 1 : 0;
        }

        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task Who_is_cut_off_between_the_authorizer_and_the_store_takes_no_room_with_it()
    {
        var authorizer = new SteeredAuthorizer();
        await using var server = await StartWithSmallTotalAsync(authorizer);
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        var budget = server.Services.GetRequiredService<RequestBudget>();
        server.Store.HoldAppends();
        await carol.SendAsync(server.Message("bob", new string('x', 900)));
        await server.Store.WhenAppendsAsync(1);
        var later = new TaskCompletionSource<AuthorizationResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        authorizer.Later = later.Task;
        await alice.SendAsync(server.Message("bob", new string('x', 900)));
        await authorizer.WhenAskedAsync(2);
        later.SetResult(AuthorizationResult.Allowed);
        server.Sessions.Sessions.Single(session => session.Open!.User == new UserId("alice")).Abort();
        await server.WhenSessionsAsync(1);

        server.Store.Release();
        await carol.ReceiveUntilAsync<MessageAcknowledge>();
        await server.AdvanceUntilAsync(() => budget.Used == 0);
    }

    [Fact]
    public async Task Who_waits_for_its_turn_and_leaves_takes_no_room_with_it()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { RequestBytesInFlightTotalMax = 2_000 } });
        await using var alice = await server.SenderAsync("alice");
        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("bob", new string('x', 900)));
        await server.Store.WhenAppendsAsync(1);
        var carol = await server.SenderAsync("carol");
        await carol.SendAsync(server.Message("bob", new string('x', 900)));
        await server.WhenNotReadAsync();

        // Superseded while it waits.
        await using var newer = await server.SenderAsync("carol");
        await carol.DisposeAsync();
        await server.WhenSessionsAsync(2);

        server.Store.Release();
        await alice.ReceiveUntilAsync<MessageAcknowledge>();
        await TestServer.AcceptAsync(newer, server.Message("bob", new string('x', 900)));
        Assert.Equal(0, server.Services.GetRequiredService<RequestBudget>().Used);
    }

    [Fact]
    public async Task The_largest_body_that_a_server_can_be_set_to_passes()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = ProtocolLimits.BodyBytesMaxCeiling } });
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var body = new byte[ProtocolLimits.BodyBytesMaxCeiling];
        new Random(1).NextBytes(body);

        await TestServer.AcceptAsync(alice, new MessageRequest(server.NewId(), new("bob"), Body.FromBytes(body, "application/octet-stream")));

        Assert.Equal(body, (await bob.ReceiveAsync<MessageNotify>()).Body.Content.ToArray());
    }

    [Fact]
    public async Task A_session_over_its_rate_waits_and_the_others_do_not()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { PacketsPerSecond = 10, PacketsBurst = 5 } });
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");

        await alice.SendAsync([.. Enumerable.Range(0, 15).Select(n => server.Message("bob", $"{n}"))]);
        await server.Store.WhenAppendsAsync(5);
        await carol.SettleAsync();
        Assert.Equal(5, server.Store.Appends);

        await AdvanceUntilAsync(server, server.Store.WhenAppendsAsync(15), max: TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_session_that_is_not_read_for_its_rate_is_not_called_idle()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { PacketsPerSecond = 1, PacketsBurst = 1 } });
        await using var alice = await server.SenderAsync("alice");

        // A thousand questions at once: a thousand seconds of waiting.
        await alice.SendAsync(new StatusRequest(new("bob"), [.. Enumerable.Range(0, 1_000).Select(_ => server.NewId())]));
        await server.WhenNotReadAsync();
        server.Advance(TimeSpan.FromSeconds(100));
        await AdvanceUntilAsync(server, alice.ReceiveAsync<StatusAcknowledge>(), max: TimeSpan.FromSeconds(1_000));
    }

    [Fact]
    public async Task A_window_of_entries_is_kept_and_moves_with_each_confirmation()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob", window: 2);
        for (var n = 1; n <= 5; n++)
        {
            await TestServer.AcceptAsync(alice, server.Message("bob", $"{n}"));
        }

        Assert.Equal([1, 2], Sequences(await bob.SettleAsync(), 2));
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));
        Assert.Equal([3], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(3)));
        Assert.Equal([4], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        Assert.Equal([5], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task A_window_larger_than_the_servers_counts_as_the_servers()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { WindowMax = 3, WindowBytesMax = 10 } });
        for (var n = 1; n <= 5; n++)
        {
            await server.AppendDirectlyAsync("alice", "bob", n == 3 ? new string('x', 20) : "x");
        }

        await using var bob = await server.ReceiverAsync("bob", window: 1_000);

        Assert.Equal(1, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);
        Assert.Equal(2, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);
        Assert.Empty(await bob.SettleAsync());
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(2)));
        Assert.Equal([3], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        Assert.Empty((await bob.SettleAsync()).OfType<MessageNotify>());
    }

    [Fact]
    public async Task A_window_of_bytes_is_kept_and_one_entry_always_fits()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ConnectAsync();
        await bob.HelloAsync(server.Hello("bob", window: 100) with { WindowBytes = 100 });
        foreach (var size in new[] { 500, 60, 60, 10 })
        {
            await TestServer.AcceptAsync(alice, server.Message("bob", new string('x', size)));
        }

        Assert.Equal(1, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);
        Assert.Empty(await bob.SettleAsync());
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));
        Assert.Equal([2], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        Assert.Empty((await bob.SettleAsync()).OfType<MessageNotify>());
        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(2)));
        Assert.Equal([3], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
        Assert.Equal([4], Sequences(await bob.ReceiveUntilAsync<MessageNotify>(), 1));
    }

    [Fact]
    public async Task A_device_that_was_away_for_long_gets_everything_in_pages()
    {
        const int count = 3_000;
        await using var server = await TestServer.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, count).Select(n => server.AppendDirectlyAsync("alice", "bob", new string('x', 1_000))));
        await using var bob = await server.ReceiverAsync("bob", window: 500);

        var received = 0L;
        while (received < count)
        {
            if (await bob.ReceiveAnyAsync() is MessageNotify entry)
            {
                Assert.Equal(++received, entry.Sequence.Value);
                if (received % 100 == 0)
                {
                    await bob.SendAsync(new AckRequest(server.Store.Epoch, new(received)));
                }
            }
        }

        Assert.InRange(server.Store.PageBytesMax, 1, 256 * 1_000);
        Assert.InRange(server.Store.Reads, count / 256, count / 20);
    }

    private static async Task AdvanceUntilAsync(TestServer server, Task done, TimeSpan max)
    {
        // Each packet may begin a new wait on the clock, which must exist before the clock moves.
        var patience = Stopwatch.StartNew();
        for (var elapsed = TimeSpan.Zero; !done.IsCompleted && patience.Elapsed < RawClient.Patience;)
        {
            if (elapsed < max)
            {
                elapsed += TimeSpan.FromMilliseconds(100);
                server.Time.Advance(TimeSpan.FromMilliseconds(100));
            }

            await Task.WhenAny(done, Task.Run(static async () => await Task.Yield()));
        }

        await done;
    }

    /// <summary>Time enough for a server that reads on to be found out.</summary>
    private static async Task RoundTripsAsync(RawClient client)
    {
        for (var n = 0; n < 20; n++)
        {
            Assert.Empty(await client.SettleAsync());
        }
    }

    private static List<long> Sequences(IReadOnlyList<Packet> packets, int count)
    {
        var sequences = packets.OfType<MessageNotify>().Select(entry => entry.Sequence.Value).ToList();
        Assert.Equal(count, sequences.Count);
        return sequences;
    }
}

using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;
using Hexagram.Storage;

namespace Hexagram.Server.Tests;

/// <summary>From the first byte to Welcome (PROTOCOL §4).</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task One_user_cannot_take_all_sessions()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsPerUserMax = 2 } });
        await using var phone = await server.SenderAsync("alice", device: "phone");
        await using var laptop = await server.SenderAsync("alice", device: "laptop");

        await using (var tablet = await server.ConnectAsync())
        {
            await tablet.SendAsync(server.Hello("alice", device: "tablet"));
            await tablet.ReceiveGoodbyeAsync(ErrorCode.TooManySessions);
        }

        // Neither another user nor a newer connection of a device that has one is one too many.
        await using var bob = await server.SenderAsync("bob");
        await using var newer = await server.SenderAsync("alice", device: "phone");
        await phone.ReceiveGoodbyeAsync(ErrorCode.Superseded);

        await server.WhenSessionsAsync(3);
        newer.FinishSending();
        Assert.Null(await newer.ReceiveAnyAsync());
        await server.WhenSessionsAsync(2);
        await using var again = await server.SenderAsync("alice", device: "tablet");
    }

    [Fact]
    public async Task A_device_whose_record_has_gone_is_told_to_connect_again_when_it_confirms()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();
        server.Store.Confirms = _ => new Confirmation(Sequence.None, []) { IsDeviceKnown = false };

        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));

        Assert.Equal(ErrorCode.Resynchronize, Assert.IsType<Goodbye>(await bob.ReceiveAnyAsync()).Code);
    }

    [Fact]
    public async Task Welcome_says_who_and_where_and_within_which_limits()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { WindowMax = 77 } });
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "one"));
        await using var bob = await server.ConnectAsync();

        var welcome = await bob.HelloAsync(server.Hello("bob", window: 10));

        Assert.Equal(
            new Welcome(
                new("bob"),
                server.Store.Epoch,
                new(1),
                new(1),
                Sequence.None,
                server.Time.GetUtcNow(),
                new SessionLimits(ProtocolLimits.BodyBytesMaxDefault, ProtocolLimits.RequestsInFlightMaxDefault, 77, ProtocolLimits.HorizonDefault)),
            welcome);
    }

    [Fact]
    public async Task A_connection_without_Hello_ends_after_the_time_out()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await server.WhenSessionsAsync(1);

        server.Advance(ProtocolLimits.HelloTimeout);

        await client.ReceiveGoodbyeAsync(ErrorCode.HelloTimeout);
    }

    [Fact]
    public async Task Nothing_is_taken_before_Hello()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();

        await client.SendAsync(server.Message("bob", "early"));

        await client.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        Assert.Equal(0, server.Store.Appends);
    }

    [Fact]
    public async Task A_second_Hello_ends_the_connection()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");

        await alice.SendAsync(server.Hello("alice"));

        await alice.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
    }

    public static TheoryData<Packet> PacketsOfAServer =>
    [
        new MessageAcknowledge(MessageId.New(DateTimeOffset.UnixEpoch), DateTimeOffset.UnixEpoch),
        new MessageNotify(new(1), MessageId.New(DateTimeOffset.UnixEpoch), new("bob"), DateTimeOffset.UnixEpoch, "text", false),
        new AckAcknowledge(new(1), new(1)),
        new AckNotify(new("bob"), [MessageId.New(DateTimeOffset.UnixEpoch)], MessageState.Delivered),
        new Welcome(new("bob"), new(1), new(1), new(0), new(0), DateTimeOffset.UnixEpoch, new SessionLimits(1, 1, 1, TimeSpan.Zero)),
        new StatusAcknowledge(new("bob"), [new MessageStatus(MessageId.New(DateTimeOffset.UnixEpoch), MessageState.Accepted)]),
        new Error(ErrorCode.Forbidden, "", MessageId.New(DateTimeOffset.UnixEpoch), new("bob"), TimeSpan.Zero),
    ];

    [Theory]
    [MemberData(nameof(PacketsOfAServer), DisableDiscoveryEnumeration = true)]
    public async Task A_packet_that_a_server_alone_sends_ends_the_connection(Packet packet)
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.ReceiverAsync("alice");

        await alice.SendAsync(packet);

        await alice.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task Of_two_sessions_of_one_device_the_newer_stays()
    {
        await using var server = await TestServer.StartAsync();
        await using var older = await server.ReceiverAsync("bob");
        await using var newer = await server.ReceiverAsync("bob");

        await older.ReceiveGoodbyeAsync(ErrorCode.Superseded);

        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "to the newer"));
        Assert.Equal(new Sequence(1), (await newer.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task The_lower_connection_number_goes_also_when_it_comes_later_and_an_equal_one_counts_as_lower(int lowerBy)
    {
        await using var server = await TestServer.StartAsync();
        var hello = server.Hello("bob", window: 10) with { Connection = new(100) };
        await using var higher = await server.OpenAsync(hello);
        await using var lower = await server.ConnectAsync();

        await lower.SendAsync(hello with { Connection = new(100 - lowerBy) });

        await lower.ReceiveGoodbyeAsync(ErrorCode.Superseded);
        Assert.Empty(await higher.SettleAsync());
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "to the higher"));
        await higher.ReceiveAsync<MessageNotify>();
    }

    [Fact]
    public async Task A_lower_connection_number_is_welcome_once_the_higher_has_gone()
    {
        await using var server = await TestServer.StartAsync();
        var hello = server.Hello("bob", window: 10) with { Connection = new(100) };
        await using (var higher = await server.OpenAsync(hello))
        {
            higher.Reset();
            await server.WhenSessionsAsync(0);
        }

        await using var lower = await server.OpenAsync(hello with { Connection = new(99) });
    }

    [Fact]
    public async Task Other_devices_of_the_user_and_other_users_are_left_alone()
    {
        await using var server = await TestServer.StartAsync();
        await using var phone = await server.ReceiverAsync("bob", device: "phone");
        await using var laptop = await server.ReceiverAsync("bob", device: "laptop");
        await using var other = await server.ReceiverAsync("carol", device: "phone");

        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "to both"));

        await phone.ReceiveAsync<MessageNotify>();
        await laptop.ReceiveAsync<MessageNotify>();
        Assert.Empty(await other.SettleAsync());
    }

    [Fact]
    public async Task A_session_that_only_sends_leaves_no_device_behind_and_does_not_receive()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.SenderAsync("bob");
        await using var alice = await server.SenderAsync("alice");

        var request = server.Message("bob", "hello");
        await TestServer.AcceptAsync(alice, request);

        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);
        Assert.Empty(await bob.SettleAsync());
        Assert.Empty(await server.Store.DevicesAsync(new("bob"), CancellationToken.None));
    }

    [Fact]
    public async Task A_session_that_only_sends_may_not_confirm()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await using var bob = await server.SenderAsync("bob");

        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));

        await bob.ReceiveGoodbyeAsync(ErrorCode.ProtocolViolation);
        Assert.Equal(0, server.Store.Confirmations);
    }

    [Fact]
    public async Task One_session_too_many_is_turned_away_and_the_others_go_on()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsMax = 2 } });
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.SenderAsync("bob");
        await using (var carol = await server.ConnectAsync())
        {
            var goodbye = await carol.ReceiveGoodbyeAsync(ErrorCode.TooManySessions);
            Assert.True(goodbye.RetryAfter > TimeSpan.Zero);
        }

        Assert.Empty(await alice.SettleAsync());
        await bob.DisposeAsync();
        await server.WhenSessionsAsync(1);
        await using var late = await server.SenderAsync("carol");
    }

    [Fact]
    public async Task Whoever_says_Hello_gets_in_however_many_others_say_nothing()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsMax = 6, WithoutHelloMax = 3 } });
        await using var bob = await server.ReceiverAsync("bob");
        var silent = new List<RawClient>();
        for (var n = 0; n < 3; n++)
        {
            silent.Add(await server.ConnectAsync());
            await server.WhenSessionsAsync(2 + n);
        }

        // One more than may be silent: the first of them makes room, the others stay.
        await using var alice = await server.SenderAsync("alice");
        await silent[0].ReceiveGoodbyeAsync(ErrorCode.HelloTimeout);
        await server.WhenSessionsAsync(4);
        await silent[1].HelloAsync(server.Hello("carol"));
        await TestServer.AcceptAsync(alice, server.Message("bob", "in spite of them"));
        Assert.Equal("in spite of them", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);

        foreach (var client in silent)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Those_who_are_turned_away_and_do_not_leave_are_bounded_too()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { SessionsMax = 6, WithoutHelloMax = 3 } });
        var silent = new List<RawClient>();
        for (var n = 0; n < 30; n++)
        {
            silent.Add(await server.ConnectAsync());
        }

        // Three that may still say Hello, and three that may still read their Goodbye; the clock, on which all others would linger, stands still.
        await server.WhenSessionsAsync(6);
        await using var alice = await server.SenderAsync("alice");
        Assert.Empty(await alice.SettleAsync());

        foreach (var client in silent)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_cursor_beyond_the_mailbox_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ConnectAsync();

        await bob.SendAsync(server.Hello("bob", window: 10) with { Epoch = server.Store.Epoch, Cursor = new(5) });

        await bob.ReceiveGoodbyeAsync(ErrorCode.CursorAhead);
    }

    [Fact]
    public async Task A_device_that_starts_at_the_latest_skips_what_is_there()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await TestServer.AcceptAsync(alice, server.Message("bob", "old"));
        await alice.ReceiveAsync<AckNotify>();
        await using var bob = await server.ConnectAsync();

        var welcome = await bob.HelloAsync(server.Hello("bob", window: 10) with { Start = StreamStart.Latest });
        await TestServer.AcceptAsync(alice, server.Message("bob", "new"));

        Assert.Equal(new Sequence(1), welcome.ResumeAfter);
        Assert.Equal(new Sequence(2), (await bob.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Fact]
    public async Task The_cursor_in_Hello_confirms_and_the_sender_hears_of_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var hello = server.Hello("bob", window: 10);
        await using (var bob = await server.OpenAsync(hello))
        {
            await TestServer.AcceptAsync(alice, server.Message("bob", "one"));
            await TestServer.AcceptAsync(alice, server.Message("bob", "two"));
            await bob.ReceiveAsync<MessageNotify>();
            await bob.ReceiveAsync<MessageNotify>();
        }

        await using var again = await server.ConnectAsync();
        var welcome = await again.HelloAsync(hello with { Connection = new(900), Epoch = server.Store.Epoch, Cursor = new(1) });

        Assert.Equal(new Sequence(1), welcome.ResumeAfter);
        Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
        Assert.Equal(new Sequence(2), (await again.ReceiveAsync<MessageNotify>()).Sequence);
    }

    [Fact]
    public async Task A_cursor_in_Hello_that_confirms_more_than_the_store_tells_at_once_is_told_in_full()
    {
        const int count = 1_500;
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var hello = server.Hello("bob", window: 10);
        await (await server.OpenAsync(hello)).DisposeAsync();
        await server.WhenSessionsAsync(1);
        for (var n = 0; n < count; n++)
        {
            await server.AppendDirectlyAsync("alice", "bob", $"{n}");
        }

        await using var bob = await server.OpenAsync(hello with { Connection = new(900), Epoch = server.Store.Epoch, Cursor = new(count) });

        var delivered = 0;
        while (delivered < count)
        {
            delivered += (await alice.ReceiveAsync<AckNotify>()).Ids.Count;
        }

        Assert.Equal(count, delivered);
        Assert.Equal(new Sequence(count), Assert.Single(await server.Store.DevicesAsync(new("bob"), CancellationToken.None)).Cursor);
    }

    [Fact]
    public async Task A_device_too_many_is_refused()
    {
        await using var server = await TestServer.StartAsync(store: store => store with { Limits = store.Limits with { DevicesPerUserMax = 1 } });
        await using var phone = await server.ReceiverAsync("bob", device: "phone");
        await using var laptop = await server.ConnectAsync();

        await laptop.SendAsync(server.Hello("bob", window: 10, device: "laptop"));

        await laptop.ReceiveGoodbyeAsync(ErrorCode.TooManyDevices);
    }
}

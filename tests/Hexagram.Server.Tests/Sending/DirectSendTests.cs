using Hexagram.Protocol;
using Hexagram.Server.Authorization;
using Hexagram.Server.Gateway.Lines;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Sending;

/// <summary>The server's own code sends with the guarantees of a session, and is told the truth.</summary>
public sealed class DirectSendTests
{
    [Fact]
    public async Task A_recipient_who_is_online_has_it_at_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");

        var sent = await Hexagram(server).SendAsync("system", "bob", "Your order has left.");

        Assert.Equal((SendOutcome.Accepted, ErrorCode.None), (sent.Outcome, sent.Code));
        Assert.True(sent.IsAccepted);
        var notified = await bob.ReceiveAsync<MessageNotify>();
        Assert.Equal((sent.Id, new UserId("system"), "Your order has left.", sent.AcceptedAt), (notified.Id, notified.From, notified.Body.Text, notified.AcceptedAt));
    }

    [Fact]
    public async Task A_recipient_who_is_away_gets_it_later_and_only_then_it_is_delivered()
    {
        await using var server = await TestServer.StartAsync();
        var hexagram = Hexagram(server);
        var sent = await hexagram.SendAsync("system", "bob", "hello");
        Assert.Equal(MessageState.Accepted, await StateAsync(hexagram, sent.Id));

        await using var bob = await server.ReceiverAsync("bob");
        await bob.ReceiveAsync<MessageNotify>();
        Assert.Equal(MessageState.Accepted, await StateAsync(hexagram, sent.Id));
        await server.ConfirmAsync(bob, 1);

        Assert.Equal(MessageState.Delivered, await StateAsync(hexagram, sent.Id));
        Assert.Equal(MessageState.Waiting, await StateAsync(hexagram, hexagram.NewId()));
    }

    [Fact]
    public async Task The_same_id_has_one_effect_and_its_answers_say_so()
    {
        await using var server = await TestServer.StartAsync();
        var hexagram = Hexagram(server);
        var id = hexagram.NewId();
        var first = await hexagram.SendAsync("system", "bob", "hello", id);
        server.Time.Advance(TimeSpan.FromSeconds(1));

        var again = await hexagram.SendAsync("system", "bob", "hello", id);

        Assert.Equal(new SendResult(id, SendOutcome.Duplicate, ErrorCode.None, first.AcceptedAt, false, TimeSpan.Zero), again);
        await using var bob = await server.ReceiverAsync("bob");
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);
        Assert.True((await hexagram.SendAsync("system", "bob", "hello", id)).IsDelivered);
        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task The_same_id_with_another_body_is_a_conflict()
    {
        await using var server = await TestServer.StartAsync();
        var hexagram = Hexagram(server);
        var first = await hexagram.SendAsync("system", "bob", "hello");

        var second = await hexagram.SendAsync("system", "bob", "good-bye", first.Id);

        Assert.Equal((SendOutcome.Refused, ErrorCode.Conflict, false), (second.Outcome, second.Code, second.IsAccepted));
    }

    [Fact]
    public async Task A_full_mailbox_is_told_and_holds_back_nothing_that_comes_when_it_has_room()
    {
        await using var server = await TestServer.StartAsync(store: store => store with { Limits = store.Limits with { UnconfirmedMax = 1 } });
        var hexagram = Hexagram(server);
        await hexagram.SendAsync("system", "bob", "first");

        var full = await hexagram.SendAsync("system", "bob", "second");

        Assert.Equal((SendOutcome.RetryLater, ErrorCode.MailboxFull, TimeSpan.FromSeconds(1)), (full.Outcome, full.Code, full.RetryAfter));
        await using var bob = await server.ReceiverAsync("bob");
        await bob.ReceiveAsync<MessageNotify>();
        await server.ConfirmAsync(bob, 1);
        Assert.Equal(SendOutcome.Accepted, (await hexagram.SendAsync("system", "bob", "third")).Outcome);
        Assert.Equal("third", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
    }

    [Fact]
    public async Task When_the_store_fails_nothing_is_said_to_be_known()
    {
        await using var server = await TestServer.StartAsync();
        var hexagram = Hexagram(server);
        server.Store.HoldAppends();
        var underWay = hexagram.SendAsync("system", "bob", "hello").AsTask();
        await server.Store.WhenAppendsAsync(1);

        server.Store.Break();

        var unknown = await underWay.WaitAsync(RawClient.Patience);
        Assert.Equal((SendOutcome.Unknown, ErrorCode.StoreUnavailable, false), (unknown.Outcome, unknown.Code, unknown.IsAccepted));
        Assert.NotEqual(default, unknown.Id);
        Assert.Equal(SendOutcome.Unknown, (await hexagram.SendAsync("system", "bob", "hello", unknown.Id)).Outcome);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_unless_it_was_accepted_before()
    {
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = 4 } });
        var hexagram = Hexagram(server);
        var before = await server.AppendDirectlyAsync("system", "bob", "hello");

        Assert.Equal(ErrorCode.BodyTooLarge, (await hexagram.SendAsync("system", "bob", "hello")).Code);
        Assert.Equal(SendOutcome.Duplicate, (await hexagram.SendAsync("system", "bob", "hello", before)).Outcome);
    }

    [Fact]
    public async Task The_authorizer_is_not_asked_about_the_servers_own_code()
    {
        var authorizer = new SteeredAuthorizer { Answer = _ => AuthorizationResult.Forbidden };
        await using var server = await TestServer.StartAsync(configure: builder => builder.Services.AddSingleton<IMessageAuthorizer>(authorizer));

        Assert.True((await Hexagram(server).SendAsync("system", "bob", "hello")).IsAccepted);
    }

    [Fact]
    public async Task What_waits_for_its_turn_can_be_given_up_and_what_comes_after_it_goes_on()
    {
        await using var server = await TestServer.StartAsync(WithRoomForOne);
        var hexagram = Hexagram(server);
        server.Store.HoldAppends();
        var first = hexagram.SendAsync("system", "bob", "first").AsTask();
        using var giveUp = new CancellationTokenSource();
        var second = hexagram.SendAsync("system", "bob", "second", cancellationToken: giveUp.Token).AsTask();
        var third = hexagram.SendAsync("system", "bob", "third").AsTask();
        var fourth = hexagram.SendAsync("system", "bob", "fourth", cancellationToken: giveUp.Token).AsTask();

        await giveUp.CancelAsync();

        // Both the one whose turn is next and the one that stands further behind.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(RawClient.Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fourth.WaitAsync(RawClient.Patience));
        server.Store.Release();
        Assert.True((await first.WaitAsync(RawClient.Patience)).IsAccepted);
        Assert.True((await third.WaitAsync(RawClient.Patience)).IsAccepted);
        Assert.Equal(["first", "third"], await TextsAsync(server));
    }

    [Fact]
    public async Task A_call_that_finds_room_does_not_overtake_one_whose_turn_has_just_come()
    {
        const int Rounds = 50;
        await using var server = await TestServer.StartAsync();
        var hexagram = Hexagram(server);
        var budget = server.Services.GetRequiredService<RequestBudget>();
        for (var round = 0; round < Rounds; round++)
        {
            Assert.True(budget.TryTake(int.MaxValue));
            var first = hexagram.SendAsync("system", "bob", $"{round}: first").AsTask();

            // From here on there is room for all, and the first is on its way to take it.
            budget.Return(int.MaxValue);
            var second = hexagram.SendAsync("system", "bob", $"{round}: second").AsTask();

            Assert.All(await Task.WhenAll(first, second).WaitAsync(RawClient.Patience), sent => Assert.True(sent.IsAccepted));
        }

        Assert.Equal(Enumerable.Range(0, Rounds).SelectMany(round => new[] { $"{round}: first", $"{round}: second" }), await TextsAsync(server));
    }

    [Theory]
    [InlineData(16 << 20)]
    [InlineData(20 << 10)]
    public async Task Ten_thousand_at_once_are_there_once_each_and_in_the_order_of_the_calls(int bytesAtWork)
    {
        const int Senders = 10;
        const int Each = 1_000;
        await using var server = await TestServer.StartAsync(options => options with { Bounds = options.Bounds with { RequestBytesInFlightTotalMax = bytesAtWork } });
        var hexagram = Hexagram(server);

        var sends = await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(() =>
            Enumerable.Range(0, Each).Select(number => hexagram.SendAsync($"system-{sender}", "bob", $"{sender}:{number}").AsTask()).ToList())));
        var results = await Task.WhenAll(sends.SelectMany(each => each)).WaitAsync(RawClient.Patience);

        Assert.All(results, result => Assert.Equal(SendOutcome.Accepted, result.Outcome));
        var texts = await TextsAsync(server);
        Assert.Equal(Senders * Each, texts.Count);
        foreach (var sender in texts.GroupBy(text => text.Split(':')[0]))
        {
            Assert.Equal(Enumerable.Range(0, Each), sender.Select(text => int.Parse(text.Split(':')[1], null)));
        }
    }

    private static IHexagram Hexagram(TestServer server) => server.Services.GetRequiredService<IHexagram>();

    private static ServerOptions WithRoomForOne(ServerOptions options) => options with { Bounds = options.Bounds with { RequestBytesInFlightTotalMax = 1 } };

    private static async Task<MessageState> StateAsync(IHexagram hexagram, MessageId id) =>
        (await hexagram.StatusAsync(new("system"), new("bob"), id)).State;

    private static async Task<List<string>> TextsAsync(TestServer server)
    {
        var page = await server.Store.ReadAsync(new("bob"), Sequence.None, 100_000, int.MaxValue, CancellationToken.None);
        return [.. page.Entries.Select(entry => entry.Body.Text)];
    }
}

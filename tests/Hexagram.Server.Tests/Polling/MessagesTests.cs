using System.Buffers;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Polling;

/// <summary>msg:R and status:R as requests of their own (PROTOCOL §14.2, §14.3).</summary>
public sealed class MessagesTests
{
    [Fact]
    public async Task Each_message_is_answered_in_order_and_is_on_disk_then()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        var requests = Enumerable.Range(0, 10).Select(n => server.Message(n % 2 == 0 ? "bob" : "carol", $"{n}")).ToList();

        var answer = (await alice.SendAsync(requests)).Well();

        Assert.Equal(requests.Select(request => request.Id), answer.Packets.OfType<MessageAcknowledge>().Select(accepted => accepted.Id));
        Assert.Equal(new Sequence(5), (await server.Store.PositionsAsync([new("bob")], CancellationToken.None))[0].Last);
    }

    [Fact]
    public async Task What_is_known_of_a_message_by_then_comes_along()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "hello");
        (await alice.SendAsync([request])).Well();
        await server.ConfirmAsync(bob, (await bob.ReceiveAsync<MessageNotify>()).Sequence.Value);

        var again = (await alice.SendAsync([request])).Well();

        Assert.Equal(MessageState.Delivered, Assert.Single(again.Packets.OfType<AckNotify>()).State);
    }

    [Fact]
    public async Task What_becomes_known_later_comes_to_the_senders_polls()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        (await alice.PollAsync()).Well();
        var request = server.Message("nobody", "hello");

        var answer = (await alice.SendAsync([request])).Well();
        var known = answer.Packets.OfType<AckNotify>().ToList();
        for (var polls = 0; known.Count == 0; polls++)
        {
            Assert.InRange(polls, 0, 200);
            known.AddRange((await alice.PollAsync()).Well().Packets.OfType<AckNotify>());
        }

        Assert.Equal(MessageState.Stored, Assert.Single(known).State);
    }

    [Fact]
    public async Task A_message_that_must_wait_holds_back_what_follows_it_to_the_same_recipient_alone()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        MessageRequest[] requests = [server.Message("bob", "1"), server.Message("bob", "2"), server.Message("carol", "3")];
        server.Store.HoldBack = item => item.Id == requests[0].Id ? ErrorCode.MailboxFull : ErrorCode.None;

        var answer = (await alice.SendAsync(requests)).Well();

        Assert.Equal(requests[..2].Select(request => request.Id), answer.Packets.OfType<Error>().Select(error => error.Id));
        Assert.All(answer.Packets.OfType<Error>(), error => Assert.Equal(ErrorCode.MailboxFull, error.Code));
        Assert.Equal(requests[2].Id, Assert.Single(answer.Packets.OfType<MessageAcknowledge>()).Id);
    }

    [Fact]
    public async Task What_was_held_back_by_one_request_is_held_back_by_the_next_if_that_says_so()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        MessageRequest[] requests = [server.Message("bob", "1"), server.Message("bob", "2")];
        server.Store.HoldBack = item => item.Id == requests[0].Id ? ErrorCode.MailboxFull : ErrorCode.None;
        var held = Assert.Single((await alice.SendAsync([requests[0]])).Well().Packets.OfType<Error>());
        server.Store.HoldBack = null;

        var overtaking = (await alice.SendAsync([requests[1]], [held])).Well();
        var inOrder = (await alice.SendAsync(requests, [held])).Well();

        Assert.Equal((ErrorCode.MailboxFull, requests[1].Id), (Assert.IsType<Error>(overtaking.Packets[0]).Code, ((Error)overtaking.Packets[0]).Id));
        Assert.Equal(requests.Select(request => request.Id), inOrder.Packets.OfType<MessageAcknowledge>().Select(accepted => accepted.Id));
    }

    [Fact]
    public async Task A_store_that_fails_is_a_problem_and_what_was_accepted_before_stands()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        var accepted = server.Message("bob", "1");
        (await alice.SendAsync([accepted])).Well();

        server.Store.Break();

        var answer = (await alice.SendAsync([server.Message("bob", "2")])).Fails(ErrorCode.StoreUnavailable, 503);
        Assert.Equal("1", answer.Headers.RetryAfter!.ToString());
        Assert.Empty(answer.Packets);
    }

    [Fact]
    public async Task A_client_that_goes_leaves_what_it_has_sent()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        using var reload = new CancellationTokenSource();
        server.Store.HoldAppends();
        var sending = alice.SendAsync([server.Message("bob", "1")], cancellationToken: reload.Token);
        await server.Store.WhenAppendsAsync(1);

        await reload.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => sending);
        server.Store.Release();

        await server.WhenSessionsAsync(0);
        await server.WhenLastIsAsync("bob", 1);
    }

    [Fact]
    public async Task A_message_of_the_largest_size_fits_however_it_is_spelled()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        var body = new string('\u0001', ProtocolLimits.BodyBytesMaxDefault);

        var fits = (await alice.SendAsync([server.Message("bob", body)])).Well();
        var tooLarge = (await alice.SendAsync([server.Message("bob", body + "x")])).Well();

        Assert.IsType<MessageAcknowledge>(fits.Packets[0]);
        Assert.Equal(ErrorCode.BodyTooLarge, Assert.IsType<Error>(tooLarge.Packets[0]).Code);
        (await alice.SendAsync([server.Message("bob", body), server.Message("bob", body)])).Fails(ErrorCode.PacketTooLarge, 413);
    }

    [Fact]
    public async Task Where_messages_stand_can_be_asked()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");
        var request = server.Message("bob", "hello");
        (await alice.SendAsync([request])).Well();
        var asked = new ArrayBufferWriter<byte>();
        JsonPacketCodec.Write(new StatusRequest(new("bob"), [request.Id, server.NewId()]), asked);

        var answer = (await alice.AskAsync("status", asked.WrittenMemory)).Well();

        Assert.Equal([MessageState.Accepted, MessageState.Waiting], Assert.IsType<StatusAcknowledge>(Assert.Single(answer.Packets)).Statuses.Select(status => status.State));
    }

    [Fact]
    public async Task Requests_leave_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = new PollingClient(server, "alice");

        (await alice.SendAsync([server.Message("bob", "hello")])).Well();
        (await alice.PollAsync(leaves: true)).Well();

        await server.WhenSessionsAsync(0);
        Assert.Equal(0, server.Services.GetRequiredService<Router.SessionDirectory>().Count);
    }
}

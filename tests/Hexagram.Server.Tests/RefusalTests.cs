using Hexagram.Protocol;
using Hexagram.Server.Authorization;
using Hexagram.Server.Options;
using Hexagram.Server.Tests.Harness;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests;

/// <summary>Answers other than msg:A, and the order that they keep (PROTOCOL §6).</summary>
public sealed class RefusalTests
{
    private readonly SteeredAuthorizer _authorizer = new();

    [Fact]
    public async Task A_body_over_the_limit_is_refused_and_one_at_the_limit_is_not()
    {
        await using var server = await StartAsync(options => options with { Bounds = options.Bounds with { BodyBytesMax = 1_000 } });
        await using var bob = await server.ReceiverAsync("bob");
        await using var alice = await server.SenderAsync("alice");

        await AssertErrorAsync(alice, server.Message("bob", new string('x', 1_001)), ErrorCode.BodyTooLarge);
        await TestServer.AcceptAsync(alice, server.Message("bob", new string('x', 1_000)));
    }

    [Fact]
    public async Task A_forbidden_message_is_refused_and_other_recipients_go_on()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        _authorizer.Answer = to => to.Value == "bob" ? AuthorizationResult.Forbidden : AuthorizationResult.Allowed;

        await AssertErrorAsync(alice, server.Message("bob", "no"), ErrorCode.Forbidden);
        await TestServer.AcceptAsync(alice, server.Message("carol", "yes"));
    }

    [Fact]
    public async Task A_message_that_was_accepted_stays_accepted_when_the_permission_is_withdrawn()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "while it was allowed");
        var accepted = await TestServer.AcceptAsync(alice, request);
        await bob.ReceiveAsync<MessageNotify>();
        _authorizer.Answer = _ => AuthorizationResult.Forbidden;

        Assert.Equal(accepted, await TestServer.AcceptAsync(alice, request));
        await AssertErrorAsync(alice, request with { Body = "another" }, ErrorCode.Conflict);
        await AssertErrorAsync(alice, server.Message("bob", "no more"), ErrorCode.Forbidden);
        Assert.Equal(new Sequence(1), (await server.Store.PositionsAsync([new("bob")], CancellationToken.None))[0].Last);
    }

    [Fact]
    public async Task A_message_that_was_accepted_stays_accepted_when_the_limit_is_lowered_and_while_others_are_held()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "while it was allowed");
        await TestServer.AcceptAsync(alice, request);
        _authorizer.Answer = _ => AuthorizationResult.Unavailable;
        var held = server.Message("bob", "held");
        await AssertErrorAsync(alice, held, ErrorCode.AuthorizerUnavailable);

        await TestServer.AcceptAsync(alice, request);
        _authorizer.Answer = _ => AuthorizationResult.Allowed;
        await TestServer.AcceptAsync(alice, request);
        await AssertErrorAsync(alice, server.Message("bob", "behind the held"), ErrorCode.AuthorizerUnavailable);
        await TestServer.AcceptAsync(alice, held);
    }

    [Fact]
    public async Task The_same_id_with_another_body_is_a_conflict()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var request = server.Message("bob", "one");
        await TestServer.AcceptAsync(alice, request);

        await AssertErrorAsync(alice, request with { Body = "two" }, ErrorCode.Conflict);

        Assert.Equal("one", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Empty(await bob.SettleAsync());
    }

    [Fact]
    public async Task An_id_from_the_future_is_refused()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var future = MessageId.New(server.Time.GetUtcNow().AddMinutes(6));

        await AssertErrorAsync(alice, server.Message("bob", "early", future), ErrorCode.ClockSkew);
    }

    [Fact]
    public async Task While_the_authorizer_is_unavailable_nothing_overtakes_the_first_that_had_to_wait()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var (first, second) = (server.Message("bob", "first"), server.Message("bob", "second"));
        _authorizer.Answer = to => to.Value == "bob" ? AuthorizationResult.Unavailable : AuthorizationResult.Allowed;
        var retry = await AssertErrorAsync(alice, first, ErrorCode.AuthorizerUnavailable);
        Assert.True(retry.RetryAfter > TimeSpan.Zero);
        _authorizer.Answer = _ => AuthorizationResult.Allowed;

        await AssertErrorAsync(alice, second, ErrorCode.AuthorizerUnavailable);
        await TestServer.AcceptAsync(alice, server.Message("carol", "others go on"));
        Assert.Equal(MessageState.Stored, (await alice.ReceiveAsync<AckNotify>()).State);
        await TestServer.AcceptAsync(alice, first);
        await TestServer.AcceptAsync(alice, second);

        Assert.Equal("first", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Equal("second", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
    }

    [Fact]
    public async Task A_slow_answer_of_the_authorizer_is_not_overtaken()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var slow = new TaskCompletionSource<AuthorizationResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _authorizer.Later = slow.Task;
        await alice.SendAsync(server.Message("bob", "1"));
        await _authorizer.WhenAskedAsync(1);
        _authorizer.Later = null;
        await alice.SendAsync(server.Message("bob", "2"), server.Message("bob", "3"));
        Assert.Empty(await alice.SettleAsync());

        slow.SetResult(AuthorizationResult.Allowed);

        foreach (var text in new[] { "1", "2", "3" })
        {
            Assert.Equal(text, (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        }
    }

    [Fact]
    public async Task What_could_not_be_decided_is_not_overtaken_by_what_waits_behind_it()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        var slow = new TaskCompletionSource<AuthorizationResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _authorizer.Later = slow.Task;
        await alice.SendAsync(server.Message("bob", "1"));
        await _authorizer.WhenAskedAsync(1);
        _authorizer.Later = null;
        await alice.SendAsync(server.Message("bob", "2"), server.Message("bob", "3"));
        Assert.Empty(await alice.SettleAsync());
        server.Store.StatusFault = new StoreUnavailableException("The test has broken the store for reading.");

        slow.SetResult(AuthorizationResult.Unavailable);

        await alice.ReceiveGoodbyeAsync(ErrorCode.StoreUnavailable);
        await server.WhenSessionsAsync(0);
        Assert.Equal(0, server.Store.Appends);
    }

    [Fact]
    public async Task An_authorizer_that_throws_or_does_not_answer_counts_as_unavailable()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        _authorizer.Answer = _ => throw new InvalidOperationException("The test's authorizer is broken.");
        await AssertErrorAsync(alice, server.Message("bob", "hello"), ErrorCode.AuthorizerUnavailable);

        _authorizer.Later = new TaskCompletionSource<AuthorizationResult>().Task;
        await alice.SendAsync(server.Message("carol", "hello"));
        await _authorizer.WhenAskedAsync(2);
        Assert.Empty(await alice.SettleAsync());
        server.Advance(new AccessOptions().AuthorizerTimeout);
        Assert.Equal(ErrorCode.AuthorizerUnavailable, (await alice.ReceiveAsync<Error>()).Code);
    }

    [Fact]
    public async Task A_question_that_nobody_waits_for_any_more_is_given_up()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        _authorizer.Later = new TaskCompletionSource<AuthorizationResult>().Task;
        await alice.SendAsync(server.Message("bob", "hello"));
        await _authorizer.WhenAskedAsync(1);
        Assert.Empty(await alice.SettleAsync());
        server.Advance(new AccessOptions().AuthorizerTimeout);
        await _authorizer.WhenGivenUpAsync();
        Assert.Equal(ErrorCode.AuthorizerUnavailable, (await alice.ReceiveAsync<Error>()).Code);

        await alice.SendAsync(server.Message("carol", "hello"));
        await _authorizer.WhenAskedAsync(2);
        Assert.Single(server.Sessions.Sessions).Abort();
        await _authorizer.WhenGivenUpAsync();
    }

    [Fact]
    public async Task What_the_store_holds_back_and_what_the_authorizer_holds_back_never_wait_for_each_other()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        var (first, second) = (server.Message("bob", "first"), server.Message("bob", "second"));
        server.Store.HoldBack = item => item.Id == first.Id ? ErrorCode.MailboxFull : ErrorCode.None;

        // The second is held here while it is not yet known that the first is held by the store.
        server.Store.HoldAppends();
        await alice.SendAsync(first);
        await server.Store.WhenAppendsAsync(1);
        _authorizer.Answer = _ => AuthorizationResult.Unavailable;
        await alice.SendAsync(second);
        Assert.Empty(await alice.SettleAsync());
        server.Store.Release();
        Assert.Equal(ErrorCode.MailboxFull, (await alice.ReceiveAsync<Error>()).Code);
        Assert.Equal(ErrorCode.AuthorizerUnavailable, (await alice.ReceiveAsync<Error>()).Code);
        _authorizer.Answer = _ => AuthorizationResult.Allowed;
        server.Store.HoldBack = null;

        await TestServer.AcceptAsync(alice, first);
        await TestServer.AcceptAsync(alice, second);
    }

    [Fact]
    public async Task A_full_mailbox_holds_back_its_recipient_until_the_held_id_comes_again()
    {
        await using var server = await StartAsync(store: store => store with { Limits = store.Limits with { UnconfirmedMax = 2 } });
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        MessageRequest[] requests = [.. Enumerable.Range(1, 4).Select(n => server.Message("bob", $"{n}"))];
        await TestServer.AcceptAsync(alice, requests[0]);
        await TestServer.AcceptAsync(alice, requests[1]);
        await bob.ReceiveAsync<MessageNotify>();
        await bob.ReceiveAsync<MessageNotify>();
        await AssertErrorAsync(alice, requests[2], ErrorCode.MailboxFull);
        await server.ConfirmAsync(bob, 2);
        await alice.ReceiveAsync<AckNotify>();

        // There is room, but the third must come first.
        await AssertErrorAsync(alice, requests[3], ErrorCode.MailboxFull);
        await TestServer.AcceptAsync(alice, requests[2]);
        await TestServer.AcceptAsync(alice, requests[3]);

        Assert.Equal("3", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
        Assert.Equal("4", (await bob.ReceiveAsync<MessageNotify>()).Body.Text);
    }

    [Fact]
    public async Task More_recipients_held_back_than_can_be_remembered_end_the_connection()
    {
        await using var server = await StartAsync();
        await using var alice = await server.SenderAsync("alice");
        _authorizer.Answer = _ => AuthorizationResult.Unavailable;
        for (var n = 0; n < AppendLane.HeldRecipientsMax; n++)
        {
            await alice.SendAsync(server.Message($"user-{n}", "held"));
            Assert.Equal(ErrorCode.AuthorizerUnavailable, (await alice.ReceiveAsync<Error>()).Code);
        }

        await alice.SendAsync(server.Message("one-more", "held"));

        await alice.ReceiveGoodbyeAsync(ErrorCode.Resynchronize);
    }

    private Task<TestServer> StartAsync(
        Func<ServerOptions, ServerOptions>? options = null,
        Func<RocksDbStoreOptions, RocksDbStoreOptions>? store = null) =>
        TestServer.StartAsync(options, builder => builder.Services.AddSingleton<IMessageAuthorizer>(_authorizer), store);

    private static async Task<Error> AssertErrorAsync(RawClient sender, MessageRequest request, ErrorCode code)
    {
        await sender.SendAsync(request);
        var error = await sender.ReceiveAsync<Error>();
        Assert.Equal((code, request.Id, request.To), (error.Code, error.Id, error.To));
        return error;
    }
}

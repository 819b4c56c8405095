using Hexagram.AspNetCore.Tests.Harness;
using Hexagram.Protocol;
using Hexagram.Server;
using Hexagram.Server.Authentication;
using Hexagram.Server.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.AspNetCore.Tests;

/// <summary>Users are whom the application's own authentication says.</summary>
public sealed class HostAuthenticationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-host-key-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Who_has_signed_in_needs_no_token_and_the_six_lines_complete()
    {
        await using var host = await HostApplication.StartAsync();
        using var alice = await host.ConnectAsync("sub=alice");
        using var bob = await host.ConnectAsync("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier=bob");
        Assert.Equal(new UserId("alice"), (await alice.HelloAsync(PacketSocket.Hello(window: 0))).User);
        var welcome = await bob.HelloAsync(PacketSocket.Hello(window: 16));
        Assert.Equal(new UserId("bob"), welcome.User);
        var id = MessageId.New(host.Time.GetUtcNow());

        await alice.SendAsync(new MessageRequest(id, new UserId("bob"), "你好"));

        Assert.Equal(id, (await alice.ReceiveAsync<MessageAcknowledge>()).Id);
        var notified = await bob.ReceiveAsync<MessageNotify>();
        Assert.Equal((new UserId("alice"), "你好"), (notified.From, notified.Body.Text));
        await bob.SendAsync(new AckRequest(welcome.Epoch, notified.Sequence));
        await bob.ReceiveAsync<AckAcknowledge>();
        Assert.Equal(MessageState.Delivered, (await alice.ReceiveAsync<AckNotify>()).State);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("role=editor")]
    [InlineData("sub=two words")]
    public async Task Who_is_nobody_by_the_request_needs_a_token(string? claims)
    {
        await using var host = await HostApplication.StartAsync();
        using var stranger = await host.ConnectAsync(claims);

        await stranger.SendAsync(PacketSocket.Hello(window: 0));

        Assert.Equal(ErrorCode.TokenInvalid, (await stranger.ReceiveAsync<Goodbye>()).Code);
    }

    [Fact]
    public async Task A_token_decides_alone_whoever_the_request_says()
    {
        var keyFile = Path.Combine(_folder, "token.key");
        await using var host = await HostApplication.StartAsync(options: new() { Access = new() { SigningKeyFile = keyFile } });
        using var bobByToken = await host.ConnectAsync("sub=alice");
        using var nobody = await host.ConnectAsync("sub=alice");
        var token = new TokenIssuer(SigningKey.OpenOrCreate(keyFile), host.Time).Issue(new("bob"), TimeSpan.FromHours(1));

        Assert.Equal(new UserId("bob"), (await bobByToken.HelloAsync(PacketSocket.Hello(window: 0, token))).User);
        await nobody.SendAsync(PacketSocket.Hello(window: 0, "forged"));

        Assert.Equal(ErrorCode.TokenInvalid, (await nobody.ReceiveAsync<Goodbye>()).Code);
    }

    [Fact]
    public async Task A_session_ends_when_the_requests_authentication_does()
    {
        await using var host = await HostApplication.StartAsync();
        using var alice = await host.ConnectAsync($"sub=alice;until={host.Time.GetUtcNow().AddSeconds(30):O}");
        await alice.HelloAsync(PacketSocket.Hello(window: 0));

        host.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(ErrorCode.Authenticate, (await alice.ReceiveAsync<Goodbye>()).Code);
    }

    [Fact]
    public async Task Who_signs_out_loses_also_the_connection_that_has_not_said_Hello()
    {
        await using var host = await HostApplication.StartAsync();
        using var early = await host.ConnectAsync("sub=alice");
        using var open = await host.ConnectAsync("sub=alice");
        using var bob = await host.ConnectAsync("sub=bob");
        await open.HelloAsync(PacketSocket.Hello(window: 0));

        Assert.Equal(2, await host.Services.GetRequiredService<IHexagram>().EndSessionsAsync("alice"));

        Assert.Equal(ErrorCode.Authenticate, (await early.ReceiveAsync<Goodbye>()).Code);
        Assert.Equal(ErrorCode.Authenticate, (await open.ReceiveAsync<Goodbye>()).Code);
        Assert.Equal(new UserId("bob"), (await bob.HelloAsync(PacketSocket.Hello(window: 0))).User);
    }

    [Fact]
    public async Task The_user_is_the_claim_that_was_set()
    {
        await using var host = await HostApplication.StartAsync(options: new() { Access = new() { UserClaim = "nick" } });
        using var alice = await host.ConnectAsync("sub=42;nick=alice");

        Assert.Equal(new UserId("alice"), (await alice.HelloAsync(PacketSocket.Hello(window: 0))).User);
    }

    [Fact]
    public async Task The_user_is_what_the_applications_rule_says()
    {
        await using var host = await HostApplication.StartAsync(hexagram => hexagram.IdentifyUsers(principal =>
            principal.FindFirst("tenant") is { } tenant ? new UserId($"{principal.FindFirst("sub")!.Value}@{tenant.Value}") : null));
        using var alice = await host.ConnectAsync("sub=alice;tenant=acme");
        using var homeless = await host.ConnectAsync("sub=alice");

        Assert.Equal(new UserId("alice@acme"), (await alice.HelloAsync(PacketSocket.Hello(window: 0))).User);
        await homeless.SendAsync(PacketSocket.Hello(window: 0));
        Assert.Equal(ErrorCode.TokenInvalid, (await homeless.ReceiveAsync<Goodbye>()).Code);
    }

    [Fact]
    public async Task Who_may_write_to_whom_can_follow_from_the_senders_claims()
    {
        await using var host = await HostApplication.StartAsync(hexagram => hexagram.AuthorizeMessages((message, _) => new(
            message.Sender?.FindFirst("tenant")?.Value is not { } tenant ? AuthorizationResult.Unavailable
            : message.To.Value.EndsWith($"@{tenant}", StringComparison.Ordinal) ? AuthorizationResult.Allowed
            : AuthorizationResult.Forbidden)));
        using var alice = await host.ConnectAsync("sub=alice;tenant=acme");
        using var homeless = await host.ConnectAsync("sub=eve");
        await alice.HelloAsync(PacketSocket.Hello(window: 0));
        await homeless.HelloAsync(PacketSocket.Hello(window: 0));

        await alice.SendAsync(new MessageRequest(MessageId.New(host.Time.GetUtcNow()), new UserId("bob@acme"), "hello"));
        Assert.IsType<MessageAcknowledge>(await alice.ReceiveAsync<MessageAcknowledge>());
        await alice.ReceiveAsync<AckNotify>();
        await alice.SendAsync(new MessageRequest(MessageId.New(host.Time.GetUtcNow()), new UserId("bob@other"), "hello"));
        Assert.Equal(ErrorCode.Forbidden, (await alice.ReceiveAsync<Error>()).Code);
        await homeless.SendAsync(new MessageRequest(MessageId.New(host.Time.GetUtcNow()), new UserId("bob@acme"), "hello"));
        Assert.Equal(ErrorCode.AuthorizerUnavailable, (await homeless.ReceiveAsync<Error>()).Code);
    }

    [Fact]
    public async Task The_applications_own_code_sends_to_who_has_signed_in()
    {
        await using var host = await HostApplication.StartAsync();
        using var bob = await host.ConnectAsync("sub=bob");
        await bob.HelloAsync(PacketSocket.Hello(window: 16));

        var sent = await host.Services.GetRequiredService<IHexagram>().SendAsync("office", "bob", "The printer is free.");

        Assert.True(sent.IsAccepted);
        Assert.Equal(sent.Id, (await bob.ReceiveAsync<MessageNotify>()).Id);
    }
}

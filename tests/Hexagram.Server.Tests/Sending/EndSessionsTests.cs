using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;

namespace Hexagram.Server.Tests.Sending;

/// <summary>The host ends what a user has open, and nothing else.</summary>
public sealed class EndSessionsTests
{
    [Fact]
    public async Task A_users_sessions_end_and_nobody_elses()
    {
        await using var server = await TestServer.StartAsync();
        await using var phone = await server.ReceiverAsync("bob", device: "phone");
        await using var laptop = await server.SenderAsync("bob", device: "laptop");
        await using var other = await server.ReceiverAsync("alice");

        Assert.Equal(2, await Hexagram(server).EndSessionsAsync("bob"));

        await phone.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
        await laptop.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
        Assert.Empty(await other.SettleAsync());
        await server.WhenSessionsAsync(1);
        Assert.Equal(0, await Hexagram(server).EndSessionsAsync("bob"));
    }

    [Fact]
    public async Task Of_one_device_alone_when_one_is_named()
    {
        await using var server = await TestServer.StartAsync();
        await using var phone = await server.ReceiverAsync("bob", device: "phone");
        await using var laptop = await server.ReceiverAsync("bob", device: "laptop");
        await using var other = await server.ReceiverAsync("alice", device: "phone");

        Assert.Equal(1, await Hexagram(server).EndSessionsAsync("bob", "phone"));

        await phone.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
        Assert.Empty(await laptop.SettleAsync());
        Assert.Empty(await other.SettleAsync());
    }

    [Fact]
    public async Task Nothing_is_brought_to_an_ended_session_and_nothing_is_lost()
    {
        await using var server = await TestServer.StartAsync();
        await using var bob = await server.ReceiverAsync("bob");
        await Hexagram(server).EndSessionsAsync("bob");

        await Hexagram(server).SendAsync("system", "bob", "after the sign-out");

        await bob.ReceiveGoodbyeAsync(ErrorCode.Authenticate);
        await using var back = await server.ReceiverAsync("bob");
        Assert.Equal("after the sign-out", (await back.ReceiveAsync<MessageNotify>()).Body.Text);
    }

    private static IHexagram Hexagram(TestServer server) => server.Services.GetRequiredService<IHexagram>();
}

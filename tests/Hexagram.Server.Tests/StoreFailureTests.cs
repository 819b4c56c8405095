using System.Net;
using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>A store that cannot be written: Goodbye, and never a msg:A that is not true.</summary>
public sealed class StoreFailureTests
{
    [Fact]
    public async Task What_was_in_flight_when_the_store_failed_gets_Goodbye_and_no_answer()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var carol = await server.SenderAsync("carol");
        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("bob", "1"), server.Message("bob", "2"));
        await carol.SendAsync(server.Message("dave", "3"));
        await server.Store.WhenAppendsAsync(3);

        server.Store.Break();

        foreach (var sender in new[] { alice, carol })
        {
            var packet = Assert.IsType<Goodbye>(await sender.ReceiveAnyAsync());
            Assert.Equal(ErrorCode.StoreUnavailable, packet.Code);
            Assert.True(packet.RetryAfter > TimeSpan.Zero);
            sender.FinishSending();
            Assert.Null(await sender.ReceiveAnyAsync());
        }
    }

    [Fact]
    public async Task What_comes_after_the_failure_is_not_taken()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        server.Store.Break();

        await alice.SendAsync(server.Message("bob", "1"));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<Goodbye>(await alice.ReceiveAnyAsync()).Code);

        foreach (var hello in new[] { server.Hello("carol"), server.Hello("carol", window: 10) })
        {
            await using var carol = await server.ConnectAsync();
            await carol.SendAsync(hello);
            Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<Goodbye>(await carol.ReceiveAnyAsync()).Code);
        }
    }

    [Fact]
    public async Task A_confirmation_that_cannot_be_written_is_not_answered_and_not_told()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await TestServer.AcceptAsync(alice, server.Message("bob", "hello"));
        await bob.ReceiveAsync<MessageNotify>();
        server.Store.Break();

        await bob.SendAsync(new AckRequest(server.Store.Epoch, new(1)));

        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<Goodbye>(await bob.ReceiveAnyAsync()).Code);
        Assert.Empty(await alice.SettleAsync());
    }

    [Fact]
    public async Task A_server_without_its_store_lives_and_is_not_ready()
    {
        await using var server = await TestServer.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}"), Timeout = RawClient.Patience };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);

        server.Store.Break();

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/live")).StatusCode);
        var ready = await http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("store", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}

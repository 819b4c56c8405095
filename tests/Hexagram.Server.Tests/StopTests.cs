using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hexagram.Protocol;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests;

/// <summary>A server that is asked to stop.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task What_is_in_flight_is_finished_and_answered_before_Goodbye()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        await using var bob = await server.ReceiverAsync("bob");
        await using var stranger = await server.ConnectAsync();
        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("bob", "1"), server.Message("bob", "2"));
        await server.Store.WhenAppendsAsync(2);

        var stopped = server.StopAsync();
        await bob.ReceiveGoodbyeAsync(ErrorCode.Restarting);
        await stranger.ReceiveGoodbyeAsync(ErrorCode.Restarting);
        Assert.False(stopped.IsCompleted);
        server.Store.Release();

        var packets = await alice.ReceiveUntilAsync<Goodbye>();
        Assert.Equal(2, packets.OfType<MessageAcknowledge>().Count());
        Assert.Equal(ErrorCode.Restarting, Assert.IsType<Goodbye>(packets[^1]).Code);
        await alice.DisposeAsync();
        await stopped;
    }

    [Fact]
    public async Task A_stopping_server_is_not_ready_and_takes_no_new_session()
    {
        await using var server = await TestServer.StartAsync();
        await using var alice = await server.SenderAsync("alice");
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}"), Timeout = RawClient.Patience };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("bob", "1"));
        await server.Store.WhenAppendsAsync(1);

        var stopped = server.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/health/ready")).StatusCode);
        await using var late = await server.ConnectAsync();
        await late.ReceiveGoodbyeAsync(ErrorCode.Restarting);
        server.Store.Release();
        await alice.ReceiveUntilAsync<Goodbye>();
        await alice.DisposeAsync();
        await stopped;
    }

    [Fact]
    public async Task Neither_a_client_that_does_not_leave_nor_one_that_does_not_read_nor_a_store_that_hangs_delays_the_stop_beyond_5_seconds()
    {
        await using var server = await TestServer.StartAsync(time: TimeProvider.System);
        await using var stays = await server.ReceiverAsync("stays");
        await using var deaf = await server.ConnectAsync(receiveBufferBytes: 16 << 10);
        await deaf.HelloAsync(server.Hello("deaf", window: 1_000) with { WindowBytes = 64 << 20 });
        await using var alice = await server.SenderAsync("alice");
        for (var n = 0; n < 128; n++)
        {
            await TestServer.AcceptAsync(alice, server.Message("deaf", new string('x', 64 << 10)));
        }

        server.Store.HoldAppends();
        await alice.SendAsync(server.Message("stays", "for ever in flight"));
        await server.Store.WhenAppendsAsync(129);

        var clock = Stopwatch.StartNew();
        await server.StopAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Measured.Report($"a server with a hanging store and deaf clients stops in {clock.Elapsed.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task A_stopped_server_listens_no_more()
    {
        await using var server = await TestServer.StartAsync();
        var (tcp, http) = (server.Tcp, server.Http);
        await server.StopAsync();

        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(tcp));
        await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(http));
    }
}

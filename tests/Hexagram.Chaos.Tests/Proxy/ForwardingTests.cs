using System.Net;
using System.Net.Sockets;
using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>What the proxy does when nobody asks for a fault.</summary>
public sealed class ForwardingTests : IAsyncDisposable
{
    private readonly Link _link = new();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    [Fact]
    public async Task Bytes_pass_both_ways_and_are_counted_with_their_packets()
    {
        var (client, server) = await _link.ConnectAsync();
        var request = Samples.Bytes(PacketKind.Hello, PacketKind.MessageRequest, PacketKind.MessageRequest);
        var answer = Samples.Bytes(PacketKind.Welcome, PacketKind.MessageAcknowledge);
        await Link.SendAsync(client, request);
        await Link.SendAsync(server, answer);
        Assert.Equal(request, await Link.ReceiveAsync(server, request.Length));
        Assert.Equal(answer, await Link.ReceiveAsync(client, answer.Length));

        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Link.ReceiveToEndAsync(server));
        server.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Link.ReceiveToEndAsync(client));
        var counters = _link.Proxy.Counters;
        Assert.Equal((1, 0), (counters.Connections, counters.Refused));
        Assert.Equal((request.Length + 2, answer.Length), (counters.BytesToServer, counters.BytesToClient));
        Assert.Equal(2, counters.Packets[(Ways.ToServer, PacketKind.MessageRequest)]);
        Assert.Equal(1, counters.Packets[(Ways.ToClient, PacketKind.Welcome)]);
        Assert.Equal(0, counters.Packets[(Ways.ToServer, PacketKind.Welcome)]);
        Assert.All(counters.Faults.Values, struck => Assert.Equal(0, struck));
    }

    [Fact]
    public async Task Connections_go_to_one_place_after_the_other_and_past_those_where_nobody_listens()
    {
        using var second = new TcpListener(IPAddress.Loopback, 0);
        second.Start();
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var empty = (IPEndPoint)nobody.LocalEndpoint;
        nobody.Stop();
        _link.Proxy.Targets = [_link.Proxy.Target!, (IPEndPoint)second.LocalEndpoint, empty];

        var counts = new int[2];
        for (var n = 0; n < 6; n++)
        {
            using var client = await _link.DialAsync();
            await Link.SendAsync(client, [0x01, 0x00]);
            counts[await _link.AcceptOrAsync(second)]++;
        }

        Assert.Equal(6, counts.Sum());
        Assert.All(counts, count => Assert.True(count >= 2));
        Assert.Equal(0, _link.Proxy.Counters.Refused);
    }

    [Fact]
    public async Task The_beginning_of_a_packet_passes_when_the_stream_ends_in_it()
    {
        var (client, server) = await _link.ConnectAsync();
        await Link.SendAsync(client, [0x80]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal([0x80], await Link.ReceiveToEndAsync(server));
    }

    [Fact]
    public async Task An_end_passes_while_the_other_direction_goes_on()
    {
        var (client, server) = await _link.ConnectAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await Link.ReceiveToEndAsync(server));
        await Link.SendAsync(server, Samples.Bytes(PacketKind.Ping));
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(Samples.Bytes(PacketKind.Ping), await Link.ReceiveToEndAsync(client));
    }

    [Fact]
    public async Task A_reset_passes_after_what_came_before()
    {
        var (client, server) = await _link.ConnectAsync();
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
        await Link.WhenResetAsync(server);
    }

    [Fact]
    public async Task Without_a_server_the_connection_is_closed()
    {
        _link.Proxy.Target = null;
        Assert.Empty(await Link.ReceiveToEndAsync(await _link.DialAsync()));

        var gone = new TcpListener(System.Net.IPAddress.Loopback, 0);
        gone.Start();
        _link.Proxy.Target = (System.Net.IPEndPoint)gone.LocalEndpoint;
        gone.Dispose();
        Assert.Empty(await Link.ReceiveToEndAsync(await _link.DialAsync()));
        Assert.Equal((0, 2), (_link.Proxy.Counters.Connections, _link.Proxy.Counters.Refused));
    }

    [Fact]
    public async Task A_server_that_does_not_read_holds_the_client_back()
    {
        var (client, _) = await _link.ConnectAsync();
        client.Blocking = false;
        var bytes = new byte[1 << 20];
        long written = 0;
        while (client.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectWrite))
        {
            written += client.Send(bytes, SocketFlags.None, out _);
            Assert.True(written < 64 << 20, "The proxy buffers without a bound.");
        }

        Assert.True(written > 0);
    }

    [Fact]
    public async Task Disposing_resets_what_lives()
    {
        var (client, server) = await _link.ConnectAsync();
        await _link.Proxy.DisposeAsync();
        await Link.WhenResetAsync(client);
        await Link.WhenResetAsync(server);
    }
}

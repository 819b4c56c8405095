using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>Connections that are closed or stand still.</summary>
public sealed class CuttingTests : IAsyncDisposable
{
    private readonly Link _link = new();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    [Fact]
    public async Task A_cut_resets_both_ends_of_the_chosen_connections()
    {
        var first = await _link.ConnectAsync();
        var second = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Cut(which: connection => connection.Number == 1));
        await Link.WhenResetAsync(first.Client);
        await Link.WhenResetAsync(first.Server);
        await Link.SendAsync(second.Client, [0]);
        await Link.ReceiveAsync(second.Server, 1);
        Assert.Equal([2], _link.Proxy.Connections.Select(connection => connection.Number));
        Assert.Equal(1, _link.Proxy.Cut());
        Assert.Equal(0, _link.Proxy.Cut());
        Assert.Equal(2, _link.Proxy.Counters.Faults[FaultKind.Cut]);
    }

    [Fact]
    public async Task A_cut_can_be_an_orderly_end()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Cut(Ending.Finish));
        Assert.Empty(await Link.ReceiveToEndAsync(client));
        Assert.Empty(await Link.ReceiveToEndAsync(server));
    }

    [Fact]
    public async Task A_cut_after_some_bytes_falls_in_the_middle_of_a_packet()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.CutAfter(10, Ways.ToServer, Ending.Finish));
        var bytes = Samples.Bytes(PacketKind.MessageRequest);
        await Link.SendAsync(client, bytes);
        Assert.Equal(bytes[..10], await Link.ReceiveToEndAsync(server));
        Assert.Equal(1, _link.Proxy.Counters.Faults[FaultKind.CutAfter]);
    }

    [Fact]
    public async Task A_frozen_connection_stays_open_and_says_nothing_until_it_thaws()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Freeze());
        Assert.Equal(0, _link.Proxy.Freeze());
        Assert.Equal(Ways.Both, Assert.Single(_link.Proxy.Connections).Frozen);
        var bytes = Samples.Bytes(PacketKind.MessageRequest);
        await Link.SendAsync(client, bytes);
        client.Dispose();
        Assert.False(server.Poll(TimeSpan.FromMilliseconds(100), System.Net.Sockets.SelectMode.SelectRead));

        Assert.Equal(1, _link.Proxy.Thaw());
        Assert.Equal(0, _link.Proxy.Thaw());
        Assert.Equal(bytes, await Link.ReceiveToEndAsync(server));
        Assert.Equal(1, _link.Proxy.Counters.Faults[FaultKind.Freeze]);
    }

    [Fact]
    public async Task One_direction_can_be_frozen_alone()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Freeze(Ways.ToServer));
        await Link.SendAsync(client, [0]);
        await Link.SendAsync(server, [0]);
        await Link.ReceiveAsync(client, 1);
        Assert.False(server.Poll(TimeSpan.FromMilliseconds(100), System.Net.Sockets.SelectMode.SelectRead));
        Assert.Equal(1, _link.Proxy.Thaw(Ways.ToServer));
        await Link.ReceiveAsync(server, 1);
    }

    [Fact]
    public async Task A_frozen_connection_can_be_cut()
    {
        var (client, server) = await _link.ConnectAsync();
        _link.Proxy.Freeze();
        Assert.Equal(1, _link.Proxy.Cut());
        await Link.WhenResetAsync(client);
        await Link.WhenResetAsync(server);
        Assert.Equal(0, _link.Proxy.Freeze());
    }
}

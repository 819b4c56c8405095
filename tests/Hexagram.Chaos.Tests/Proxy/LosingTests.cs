using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>One chosen packet and the tail after it are lost, by closing at it.</summary>
public sealed class LosingTests : IAsyncDisposable
{
    private readonly Link _link = new();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    [Theory]
    [MemberData(nameof(Samples.Kinds), MemberType = typeof(Samples))]
    public async Task What_comes_before_the_packet_arrives_and_nothing_else(PacketKind kind)
    {
        var other = kind == PacketKind.MessageNotify ? PacketKind.AckRequest : PacketKind.MessageNotify;
        var (client, server) = await _link.ConnectAsync();
        var loss = _link.Proxy.Lose(kind);
        await Link.SendAsync(server, Samples.Bytes(other, other, kind, other));
        Assert.Equal(Samples.Bytes(other, other), await Link.ReceiveToEndAsync(client));
        Assert.Empty(await Link.ReceiveToEndAsync(server));
        Assert.Equal(1, (await loss.Struck).Number);
        Assert.Equal(1, _link.Proxy.Counters.Faults[FaultKind.Lose]);
        Assert.Equal(0, _link.Proxy.Counters.Packets[(Ways.ToClient, kind)]);
    }

    [Theory]
    [MemberData(nameof(Samples.Kinds), MemberType = typeof(Samples))]
    public async Task A_packet_that_comes_byte_by_byte_is_lost_whole(PacketKind kind)
    {
        var (client, server) = await _link.ConnectAsync();
        _link.Proxy.Lose(kind);
        var before = Samples.Bytes(kind == PacketKind.Ping ? PacketKind.Pong : PacketKind.Ping);
        foreach (var one in (byte[])[.. before, .. Samples.Bytes(kind)[..2]])
        {
            await Link.SendAsync(client, [one]);
        }

        if (Samples.Bytes(kind)[0] >= 0x80)
        {
            await Link.SendAsync(client, [Samples.Bytes(kind)[2]]);
        }

        Assert.Equal(before, await Link.ReceiveToEndAsync(server));
    }

    [Fact]
    public async Task The_nth_is_counted_over_all_connections()
    {
        var first = await _link.ConnectAsync();
        var second = await _link.ConnectAsync();
        var loss = _link.Proxy.Lose(PacketKind.AckRequest, nth: 3);
        var bytes = Samples.Bytes(PacketKind.AckRequest);
        await Link.SendAsync(first.Client, bytes);
        await Link.ReceiveAsync(first.Server, bytes.Length);
        await Link.SendAsync(second.Client, bytes);
        await Link.ReceiveAsync(second.Server, bytes.Length);
        Assert.False(loss.Struck.IsCompleted);
        await Link.SendAsync(first.Client, bytes);
        Assert.Empty(await Link.ReceiveToEndAsync(first.Server));
        Assert.Equal(1, (await loss.Struck).Number);
        await Link.SendAsync(second.Client, bytes);
        await Link.ReceiveAsync(second.Server, bytes.Length);
    }

    [Fact]
    public async Task Only_the_direction_and_the_connections_that_were_meant_are_struck()
    {
        var first = await _link.ConnectAsync();
        var second = await _link.ConnectAsync();
        _link.Proxy.Lose(PacketKind.Ping, ways: Ways.ToClient, which: connection => connection.Number == 2);
        var bytes = Samples.Bytes(PacketKind.Ping);
        await Link.SendAsync(first.Server, bytes);
        await Link.ReceiveAsync(first.Client, bytes.Length);
        await Link.SendAsync(second.Client, bytes);
        await Link.ReceiveAsync(second.Server, bytes.Length);
        await Link.SendAsync(second.Server, bytes);
        Assert.Empty(await Link.ReceiveToEndAsync(second.Client));
    }

    [Fact]
    public async Task Two_orders_for_one_kind_lose_two_packets()
    {
        var first = await _link.ConnectAsync();
        var second = await _link.ConnectAsync();
        PacketLoss[] losses = [_link.Proxy.Lose(PacketKind.Ping), _link.Proxy.Lose(PacketKind.Ping)];
        await Link.SendAsync(first.Client, Samples.Bytes(PacketKind.Ping));
        Assert.Empty(await Link.ReceiveToEndAsync(first.Server));
        await Link.SendAsync(second.Client, Samples.Bytes(PacketKind.Ping));
        Assert.Empty(await Link.ReceiveToEndAsync(second.Server));
        Assert.Equal([1, 2], (await Task.WhenAll(losses.Select(loss => loss.Struck))).Select(connection => connection.Number));
    }

    [Fact]
    public async Task A_loss_that_is_withdrawn_does_not_strike()
    {
        var (client, server) = await _link.ConnectAsync();
        var loss = _link.Proxy.Lose(PacketKind.Ping);
        Assert.True(loss.Withdraw());
        Assert.False(loss.Withdraw());
        await Link.SendAsync(client, Samples.Bytes(PacketKind.Ping));
        await Link.ReceiveAsync(server, Samples.Bytes(PacketKind.Ping).Length);
        Assert.True(loss.Struck.IsCanceled);
    }
}

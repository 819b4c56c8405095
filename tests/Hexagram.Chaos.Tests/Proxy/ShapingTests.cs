using System.Diagnostics;
using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>Bytes that come late, slowly, or in other pieces; all of them come, in order.</summary>
public sealed class ShapingTests : IAsyncDisposable
{
    private readonly Link _link = new();
    private readonly byte[] _bytes = Samples.Bytes([.. Enumerable.Repeat(PacketKind.MessageRequest, 30)]);

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    [Fact]
    public async Task Delayed_bytes_come_later_and_in_order()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Delay(TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(20)));
        var began = Stopwatch.GetTimestamp();
        foreach (var piece in _bytes.Chunk(1000))
        {
            await Link.SendAsync(client, piece);
        }

        Assert.Equal(_bytes, await Link.ReceiveAsync(server, _bytes.Length));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(60));
        Assert.True(_link.Proxy.Counters.Faults[FaultKind.Delay] >= 1);
    }

    [Fact]
    public async Task Throttled_bytes_come_slowly()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Throttle(_bytes.Length * 5));
        var began = Stopwatch.GetTimestamp();
        await Link.SendAsync(client, _bytes);
        Assert.Equal(_bytes, await Link.ReceiveAsync(server, _bytes.Length));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(100));
        Assert.True(_link.Proxy.Counters.Faults[FaultKind.Throttle] >= 2);
    }

    [Fact]
    public async Task Split_bytes_come_in_small_pieces()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Split(3));
        await Link.SendAsync(client, _bytes);
        Assert.Equal(_bytes, await Link.ReceiveAsync(server, _bytes.Length));
        Assert.True(_link.Proxy.Counters.Faults[FaultKind.Split] >= (_bytes.Length / 3) - 10);
    }

    [Fact]
    public async Task Merged_bytes_come_at_once()
    {
        var (client, server) = await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Merge(_bytes.Length, TimeSpan.FromMinutes(1)));
        foreach (var piece in _bytes.Chunk(1000))
        {
            await Link.SendAsync(client, piece);
        }

        Assert.Equal(_bytes, await Link.ReceiveAsync(server, _bytes.Length));
        Assert.Equal(0, _link.Proxy.Counters.Faults[FaultKind.Split]);
    }

    [Fact]
    public async Task Bytes_do_not_gather_for_ever()
    {
        var (client, server) = await _link.ConnectAsync();
        _link.Proxy.Merge(LinkShape.GatherBytesMax, TimeSpan.FromMilliseconds(20));
        await Link.SendAsync(client, _bytes);
        Assert.Equal(_bytes, await Link.ReceiveAsync(server, _bytes.Length));
    }

    [Fact]
    public async Task Later_connections_travel_as_all_do_and_one_that_was_chosen_as_it_was_told()
    {
        _link.Proxy.Split(5);
        await _link.ConnectAsync();
        await _link.ConnectAsync();
        Assert.Equal(1, _link.Proxy.Delay(TimeSpan.FromMinutes(1), which: connection => connection.Number == 2));
        Assert.Equal([new LinkShape { PieceBytesMax = 5 }, new LinkShape { PieceBytesMax = 5, Latency = TimeSpan.FromMinutes(1) }], Shapes());
        Assert.Equal(2, _link.Proxy.Clear());
        await _link.ConnectAsync();
        Assert.Equal([LinkShape.Clear, LinkShape.Clear, LinkShape.Clear], Shapes());

        IEnumerable<LinkShape> Shapes() => _link.Proxy.Connections.Select(connection => connection.Shape);
    }
}

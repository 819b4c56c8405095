using System.Net;
using System.Net.Sockets;
using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Tests.Proxy;

namespace Hexagram.Chaos.Tests.Nodes;

/// <summary>A link between nodes that may let nothing pass.</summary>
public sealed class RelayTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RelayTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Nothing_passes_a_silent_link_and_nothing_is_lost_when_it_opens()
    {
        await using var relay = new Relay((IPEndPoint)_listener.LocalEndpoint);
        using var near = await DialAsync(relay);
        using var far = await _listener.AcceptSocketAsync();
        await Link.SendAsync(near, [1]);
        Assert.Equal([1], await Link.ReceiveAsync(far, 1));

        Assert.Equal(1, relay.Silence(_ => true));
        await Link.SendAsync(near, [2]);
        await Link.SendAsync(far, [3]);
        using var late = await DialAsync(relay);
        using var lateFar = await _listener.AcceptSocketAsync();
        await Link.SendAsync(late, [4]);
        Assert.Equal((0, 0, 0), (far.Available, near.Available, lateFar.Available));

        relay.Open();
        Assert.Equal([2], await Link.ReceiveAsync(far, 1));
        Assert.Equal([3], await Link.ReceiveAsync(near, 1));
        Assert.Equal([4], await Link.ReceiveAsync(lateFar, 1));
    }

    [Fact]
    public async Task Only_those_of_the_chosen_process_stand_still()
    {
        var owners = new Queue<int>([1, 2]);
        await using var relay = new Relay((IPEndPoint)_listener.LocalEndpoint, _ => owners.Dequeue());
        using var first = await DialAsync(relay);
        using var firstFar = await _listener.AcceptSocketAsync();
        using var second = await DialAsync(relay);
        using var secondFar = await _listener.AcceptSocketAsync();
        await Link.SendAsync(first, [0]);
        await Link.ReceiveAsync(firstFar, 1);
        await Link.SendAsync(second, [0]);
        await Link.ReceiveAsync(secondFar, 1);

        Assert.Equal(1, relay.Silence(owner => owner == 1));

        await Link.SendAsync(first, [1]);
        await Link.SendAsync(second, [2]);
        Assert.Equal([2], await Link.ReceiveAsync(secondFar, 1));
        Assert.Equal(0, firstFar.Available);
    }

    [Fact]
    public async Task The_process_at_the_other_end_is_known()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(_listener.LocalEndpoint);
        var port = ((IPEndPoint)near.LocalEndPoint!).Port;

        Assert.Equal(Environment.ProcessId, SocketOwner.Of(port, [1, Environment.ProcessId]));
        Assert.Null(SocketOwner.Of(port, []));
    }

    private static async Task<Socket> DialAsync(Relay relay)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(relay.EndPoint);
        return socket;
    }
}

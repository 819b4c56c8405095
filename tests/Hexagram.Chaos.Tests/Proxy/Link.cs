using System.Net;
using System.Net.Sockets;
using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Tests.Proxy;

/// <summary>A proxy and a server behind it that a test plays by hand. Every wait is bounded.</summary>
internal sealed class Link : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];

    public Link()
    {
        _listener.Start();
        Proxy = new FaultProxy((IPEndPoint)_listener.LocalEndpoint);
    }

    public FaultProxy Proxy { get; }

    /// <summary>Connects through the proxy.</summary>
    /// <returns>Both ends.</returns>
    public async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var client = await DialAsync();
        using var patience = new CancellationTokenSource(Patience);
        var server = await _listener.AcceptSocketAsync(patience.Token);
        server.NoDelay = true;
        _sockets.Add(server);

        // A byte each way, and the proxy is known to have both ends in its hands.
        await SendAsync(client, [0x01, 0x00]);
        await ReceiveAsync(server, 2);
        return (client, server);
    }

    /// <summary>Accepts what comes here or at another place.</summary>
    /// <returns>0 or 1: which it was.</returns>
    public async Task<int> AcceptOrAsync(TcpListener other)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            foreach (var (listener, which) in new[] { (_listener, 0), (other, 1) })
            {
                if (listener.Pending())
                {
                    _sockets.Add(await listener.AcceptSocketAsync(patience.Token));
                    return which;
                }
            }

            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Connects to the proxy, whoever is behind it.</summary>
    public async Task<Socket> DialAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(client);
        using var patience = new CancellationTokenSource(Patience);
        await client.ConnectAsync(Proxy.EndPoint, patience.Token);
        return client;
    }

    public static async Task SendAsync(Socket socket, byte[] bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, patience.Token);
        }
    }

    /// <summary>Receives exactly so many bytes.</summary>
    public static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, patience.Token);
            Assert.True(more > 0, $"The stream ended after {received} of {count} bytes.");
            received += more;
        }

        return bytes;
    }

    /// <summary>Receives what comes with the next read.</summary>
    public static async Task<byte[]> ReceiveSomeAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        var bytes = new byte[1 << 20];
        return bytes[..await socket.ReceiveAsync(bytes, SocketFlags.None, patience.Token)];
    }

    /// <summary>Receives until the other side has ended the stream.</summary>
    /// <returns>All bytes until then.</returns>
    public static async Task<byte[]> ReceiveToEndAsync(Socket socket)
    {
        var all = new List<byte>();
        while (await ReceiveSomeAsync(socket) is { Length: > 0 } more)
        {
            all.AddRange(more);
        }

        return [.. all];
    }

    /// <summary>Fails unless the next read finds that the connection was reset.</summary>
    public static async Task WhenResetAsync(Socket socket)
    {
        var reset = await Assert.ThrowsAsync<SocketException>(() => ReceiveToEndAsync(socket));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _listener.Dispose();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }
}

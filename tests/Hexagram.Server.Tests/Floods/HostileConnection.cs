using System.Net;
using System.Net.Sockets;

namespace Hexagram.Server.Tests.Floods;

/// <summary>A bare socket: it costs this process next to nothing, so that what is measured is the server's.</summary>
internal sealed class HostileConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4_096 };
    private bool _disposed;

    public static async Task<HostileConnection> ConnectAsync(IPEndPoint server)
    {
        var connection = new HostileConnection();
        await connection._socket.ConnectAsync(server);
        return connection;
    }

    /// <summary>Sends all of it, in as much time as the server takes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => await TrySendAsync(bytes, stop);

    /// <summary>False when the server has closed, or it is time to stop.</summary>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await _socket.SendAsync(bytes, stop)..];
            }

            return true;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Waits for something to read, and reads it.</summary>
    public async Task<bool> TryReadAsync(CancellationToken stop)
    {
        try
        {
            return await _socket.ReceiveAsync(new byte[512], stop) > 0;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends as a crash does, so that nothing waits for it.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            _socket.Dispose();
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Hexagram.Client.Tests.Scripted;

/// <summary>A server that does what its test says, over real TCP on a port that the system assigns.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<ScriptedConnection> _connections = [];

    internal ScriptedServer()
    {
        _listener.Start();
        Address = new($"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    }

    internal Uri Address { get; }

    /// <summary>The next connection that a client makes.</summary>
    internal async Task<ScriptedConnection> AcceptAsync()
    {
        var connection = new ScriptedConnection(await _listener.AcceptTcpClientAsync().Within());
        _connections.Add(connection);
        return connection;
    }

    /// <summary>The next connection, welcomed.</summary>
    internal async Task<ScriptedConnection> WelcomeAsync(Func<Welcome, Welcome>? change = null)
    {
        var connection = await AcceptAsync();
        await connection.WelcomeAsync(change);
        return connection;
    }

    /// <summary>Nobody listens here any more.</summary>
    internal void StopListening() => _listener.Stop();

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _connections.ForEach(connection => connection.Close());
        return ValueTask.CompletedTask;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Hexagram.Chaos.Proxy;

/// <summary>A client's connection through a <see cref="FaultProxy"/> and the one to the server that belongs to it. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source of cancellation without a timer holds nothing, and whoever cuts may come at any time.")]
public sealed class ProxiedConnection
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(1);

    private readonly Socket _client;
    private readonly Socket _server;
    private readonly ProxySurroundings _surroundings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Pump _toServer;
    private readonly Pump _toClient;
    private volatile LinkShape _shape;
    private int _ending = -1;

    internal ProxiedConnection(long number, Socket client, Socket server, LinkShape shape, ProxySurroundings surroundings)
    {
        Number = number;
        Client = (IPEndPoint)client.RemoteEndPoint!;
        _client = client;
        _server = server;
        _shape = shape;
        _surroundings = surroundings;
        client.NoDelay = true;
        server.NoDelay = true;
        _toServer = new Pump(this, Ways.ToServer, client, server, surroundings);
        _toClient = new Pump(this, Ways.ToClient, server, client, surroundings);
    }

    /// <summary>Its place in the order of connections: 1, 2, 3 …</summary>
    public long Number { get; }

    /// <summary>Where the client's socket is.</summary>
    public IPEndPoint Client { get; }

    /// <summary>The directions in which bytes stand still.</summary>
    public Ways Frozen => (_toServer.Gate.IsClosed ? Ways.ToServer : Ways.None) | (_toClient.Gate.IsClosed ? Ways.ToClient : Ways.None);

    /// <summary>How its bytes travel.</summary>
    public LinkShape Shape => _shape;

    internal bool IsEnding => Volatile.Read(ref _ending) >= 0;

    internal bool Freeze(Ways ways)
    {
        var struck = !IsEnding && Each(ways, pump => pump.Gate.Close());
        if (struck)
        {
            _surroundings.Tally.Struck(FaultKind.Freeze);
        }

        return struck;
    }

    internal bool Thaw(Ways ways) => Each(ways, pump => pump.Gate.Open());

    internal void Reshape(Func<LinkShape, LinkShape> change) => _shape = change(_shape);

    internal bool CutAfter(Ways way, long bytes, Ending ending) => !IsEnding && Each(way, pump => pump.CutAfter(bytes, ending));

    internal bool Spare() => Each(Ways.Both, pump => pump.Spare());

    /// <summary>Closes both sockets, as the first who asks wants it; the rest is done by <see cref="RunAsync"/>. A fault is counted before either peer can see it.</summary>
    /// <returns>Whether the caller is the first.</returns>
    internal bool End(Ending ending, FaultKind? fault = null)
    {
        if (Interlocked.CompareExchange(ref _ending, (int)ending, -1) >= 0)
        {
            return false;
        }

        if (fault is { } struck)
        {
            _surroundings.Tally.Struck(struck);
        }

        foreach (var socket in (Socket[])[_client, _server])
        {
            if (ending == Ending.Reset)
            {
                Reset(socket);
            }
            else
            {
                Finish(socket);
            }
        }

        _stop.Cancel();
        return true;
    }

    /// <summary>Forwards until both sides have ended or <see cref="End"/> is called.</summary>
    internal async Task RunAsync()
    {
        await Task.WhenAll(_toServer.RunAsync(_stop.Token), _toClient.RunAsync(_stop.Token));
        if (_ending == (int)Ending.Finish)
        {
            await Task.WhenAll(DrainAsync(_client), DrainAsync(_server));
        }

        // From here on it cannot be struck.
        Interlocked.CompareExchange(ref _ending, (int)Ending.Finish, -1);
        _client.Dispose();
        _server.Dispose();
    }

    /// <returns>Whether one of them says yes; all are asked.</returns>
    private bool Each(Ways ways, Func<Pump, bool> ask)
    {
        var toServer = (ways & Ways.ToServer) != 0 && ask(_toServer);
        var toClient = (ways & Ways.ToClient) != 0 && ask(_toClient);
        return toServer || toClient;
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }

        socket.Dispose();
    }

    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    /// <summary>Reads what the peer still says before closing: a socket that is closed with bytes unread sends RST, and the peer might not read what came before.</summary>
    private async Task DrainAsync(Socket socket)
    {
        var bytes = new byte[4 << 10];
        using var patience = new CancellationTokenSource(DrainMax, _surroundings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _surroundings.Disposing);
        try
        {
            while (await socket.ReceiveAsync(bytes, SocketFlags.None, either.Token) > 0)
            {
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It has closed too, or it takes too long.
        }
    }
}

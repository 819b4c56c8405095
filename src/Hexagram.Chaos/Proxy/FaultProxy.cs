using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Hexagram.Chaos.Proxy;

/// <summary>
/// A TCP proxy on 127.0.0.1 that harms the connections which go through it, on request. What it is told applies to the connections that
/// <c>which</c> chooses, or to all when that is null. Each operation returns how many connections it struck; what strikes later is seen
/// in <see cref="Counters"/>. Its memory is bounded per connection. Thread-safe.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly FaultProxyOptions _options;
    private readonly ProxySurroundings _surroundings;
    private readonly Socket _listener = Listen();
    private readonly Socket _httpListener = Listen();
    private readonly ConcurrentDictionary<long, ProxiedConnection> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private LinkShape _shape = LinkShape.Clear;
    private volatile IReadOnlyList<IPEndPoint> _targets = [];
    private volatile IReadOnlyList<IPEndPoint> _httpTargets = [];
    private long _numbers;
    private int _disposed;

    /// <summary>Listens on a port that the system assigns.</summary>
    /// <param name="target">Where the server is; see <see cref="Target"/>.</param>
    /// <param name="options">Null: the defaults.</param>
    public FaultProxy(IPEndPoint? target = null, FaultProxyOptions? options = null)
    {
        Target = target;
        _options = options ?? new FaultProxyOptions();
        _surroundings = new ProxySurroundings(_options, _stop.Token);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        HttpEndPoint = (IPEndPoint)_httpListener.LocalEndPoint!;
        _accepting = Task.WhenAll(AcceptAsync(_listener, () => Targets), AcceptAsync(_httpListener, () => HttpTargets));
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Where new connections go. When it is null, or nobody listens there, the client's connection is closed.</summary>
    public IPEndPoint? Target
    {
        get => Targets.Count > 0 ? Targets[0] : null;
        set => Targets = value is null ? [] : [value];
    }

    /// <summary>Where new connections go when there are several places: one after the other, and past those where nobody listens.</summary>
    public IReadOnlyList<IPEndPoint> Targets
    {
        get => _targets;
        set => _targets = value;
    }

    /// <summary>Where clients connect that speak WebSocket, if the server listens for these at another place.</summary>
    public IPEndPoint HttpEndPoint { get; }

    /// <summary>Where those connections go; see <see cref="Target"/>.</summary>
    public IPEndPoint? HttpTarget
    {
        get => HttpTargets.Count > 0 ? HttpTargets[0] : null;
        set => HttpTargets = value is null ? [] : [value];
    }

    /// <summary>Where those connections go; see <see cref="Targets"/>.</summary>
    public IReadOnlyList<IPEndPoint> HttpTargets
    {
        get => _httpTargets;
        set => _httpTargets = value;
    }

    /// <summary>The connections that live now, in the order in which they came.</summary>
    public IReadOnlyList<ProxiedConnection> Connections => [.. _connections.Values.Where(connection => !connection.IsEnding).OrderBy(connection => connection.Number)];

    /// <summary>What it has seen and done until now.</summary>
    public ProxyCounters Counters => _surroundings.Tally.Read();

    /// <summary>Closes connections at once, wherever their streams stand.</summary>
    /// <returns>How many were closed.</returns>
    public int Cut(Ending ending = Ending.Reset, Func<ProxiedConnection, bool>? which = null) => Strike(which, connection => connection.End(ending, FaultKind.Cut));

    /// <summary>Closes connections when <paramref name="bytes"/> more (0 or more) have been forwarded one way, be it in the middle of a packet.</summary>
    /// <returns>How many have got the order; when it strikes, <see cref="FaultKind.CutAfter"/> counts it.</returns>
    public int CutAfter(long bytes, Ways way, Ending ending = Ending.Reset, Func<ProxiedConnection, bool>? which = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return Strike(which, connection => connection.CutAfter(way, bytes, ending));
    }

    /// <summary>Takes back what <see cref="CutAfter"/> has ordered and has not struck yet.</summary>
    /// <returns>How many connections are spared.</returns>
    public int Spare(Func<ProxiedConnection, bool>? which = null) => Strike(which, connection => connection.Spare());

    /// <summary>Stops the bytes of the connections that live now; their sockets stay open, and nobody hears of an end before <see cref="Thaw"/>.</summary>
    /// <returns>How many were not frozen that way before.</returns>
    public int Freeze(Ways ways = Ways.Both, Func<ProxiedConnection, bool>? which = null) => Strike(which, connection => connection.Freeze(ways));

    /// <summary>Lets the bytes of frozen connections go on.</summary>
    /// <returns>How many were frozen.</returns>
    public int Thaw(Ways ways = Ways.Both, Func<ProxiedConnection, bool>? which = null) => Strike(which, connection => connection.Thaw(ways));

    /// <summary>Each chunk comes later by <paramref name="latency"/> and by a part of <paramref name="jitter"/>. The order is kept.</summary>
    /// <returns>How many connections are concerned now; without <paramref name="which"/> later ones are as well, until <see cref="Clear"/>.</returns>
    public int Delay(TimeSpan latency, TimeSpan jitter = default, Func<ProxiedConnection, bool>? which = null) =>
        Reshape(which, shape => shape with { Latency = latency, Jitter = jitter });

    /// <summary>So many bytes per second pass, each way.</summary>
    /// <returns>As <see cref="Delay"/>.</returns>
    public int Throttle(int bytesPerSecond, Func<ProxiedConnection, bool>? which = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        return Reshape(which, shape => shape with { BytesPerSecond = bytesPerSecond });
    }

    /// <summary>Each write carries 1 to <paramref name="pieceBytesMax"/> bytes.</summary>
    /// <returns>As <see cref="Delay"/>.</returns>
    public int Split(int pieceBytesMax, Func<ProxiedConnection, bool>? which = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pieceBytesMax, 1);
        return Reshape(which, shape => shape with { PieceBytesMax = pieceBytesMax });
    }

    /// <summary>Bytes gather, until there are so many or so much time has passed, and then come at once.</summary>
    /// <returns>As <see cref="Delay"/>.</returns>
    public int Merge(int gatherBytes, TimeSpan gatherFor, Func<ProxiedConnection, bool>? which = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(gatherBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(gatherBytes, LinkShape.GatherBytesMax);
        return Reshape(which, shape => shape with { GatherBytes = gatherBytes, GatherFor = gatherFor });
    }

    /// <summary>Ends <see cref="Delay"/>, <see cref="Throttle"/>, <see cref="Split"/> and <see cref="Merge"/>.</summary>
    /// <returns>How many connections are concerned.</returns>
    public int Clear(Func<ProxiedConnection, bool>? which = null) => Reshape(which, _ => LinkShape.Clear);

    /// <summary>
    /// Loses one packet, the <paramref name="nth"/> of its kind that begins from now on (1: the next): everything before it is forwarded,
    /// its own bytes and all after them are not, and the connection is closed in both directions.
    /// </summary>
    /// <returns>The order, which says when it has struck. Of several orders that one packet fulfils, the earliest takes it.</returns>
    public PacketLoss Lose(PacketKind kind, int nth = 1, Ways ways = Ways.Both, Func<ProxiedConnection, bool>? which = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nth, 1);
        return _surroundings.Losses.Add(kind, nth, ways, which);
    }

    /// <summary>Resets all connections and listens no more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        foreach (var connection in _connections.Values)
        {
            connection.End(Ending.Reset);
        }

        await _accepting;
        _listener.Dispose();
        _httpListener.Dispose();
        _stop.Dispose();
    }

    private int Strike(Func<ProxiedConnection, bool>? which, Func<ProxiedConnection, bool> strike) =>
        Connections.Count(connection => (which is null || which(connection)) && strike(connection));

    private int Reshape(Func<ProxiedConnection, bool>? which, Func<LinkShape, LinkShape> change)
    {
        lock (_gate)
        {
            if (which is null)
            {
                _shape = change(_shape);
            }

            return Strike(which, connection =>
            {
                connection.Reshape(change);
                return true;
            });
        }
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    /// <summary>Accepts until the proxy is disposed, and then waits for what it has accepted.</summary>
    private async Task AcceptAsync(Socket listener, Func<IReadOnlyList<IPEndPoint>> targets)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(_stop.Token);
                serving.RemoveAll(task => task.IsCompletedSuccessfully);
                serving.Add(ServeAsync(Interlocked.Increment(ref _numbers), client, targets()));
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The proxy is being disposed.
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(long number, Socket client, IReadOnlyList<IPEndPoint> targets)
    {
        if (await ConnectAsync(number, targets) is { } server)
        {
            ProxiedConnection connection;
            lock (_gate)
            {
                connection = new ProxiedConnection(number, client, server, _shape, _surroundings);
                _connections[number] = connection;
            }

            _surroundings.Tally.Connected();
            if (_stop.IsCancellationRequested)
            {
                connection.End(Ending.Reset);
            }

            await connection.RunAsync();
            _connections.TryRemove(number, out _);
        }
        else
        {
            _surroundings.Tally.Refused();
            client.Dispose();
        }
    }

    private async Task<Socket?> ConnectAsync(long number, IReadOnlyList<IPEndPoint> targets)
    {
        for (var i = 0; i < targets.Count; i++)
        {
            if (await ConnectAsync(targets[(int)((number + i) % targets.Count)]) is { } server)
            {
                return server;
            }
        }

        return null;
    }

    private async Task<Socket?> ConnectAsync(IPEndPoint target)
    {
        var server = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(_options.ConnectTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        try
        {
            await server.ConnectAsync(target, either.Token);
            return server;
        }
        catch (Exception down) when (down is SocketException or OperationCanceledException)
        {
            // Nobody listens there.
            server.Dispose();
            return null;
        }
    }
}

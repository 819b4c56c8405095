using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hexagram.Chaos.Proxy;

namespace Hexagram.Chaos.Nodes;

/// <summary>
/// A place on 127.0.0.1 that forwards bytes to another, and may let nothing pass for a while: connections stay open then, and new ones open, as when a switch loses what it is
/// given. Thread-safe.
/// </summary>
internal sealed class Relay : IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Func<IPEndPoint, int?> _ownerOf;
    private readonly Task _accepting;
    private Func<int?, bool> _isSilent = static _ => false;

    /// <summary>Forwards to <paramref name="target"/>.</summary>
    /// <param name="target">Where to; whoever comes while nobody listens there is turned away.</param>
    /// <param name="ownerOf">Which process a connection comes from; by default nobody asks.</param>
    public Relay(IPEndPoint target, Func<IPEndPoint, int?>? ownerOf = null)
    {
        Target = target;
        _ownerOf = ownerOf ?? (static _ => null);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    private IPEndPoint Target { get; }

    /// <summary>Lets nothing pass, either way, of those whose process it is.</summary>
    /// <returns>How many connections stand still by this.</returns>
    public int Silence(Func<int?, bool> which)
    {
        lock (_gate)
        {
            _isSilent = which;
            return _links.Keys.Count(link => which(link.Owner) && link.Gate.Close());
        }
    }

    /// <summary>Lets everything pass, also what has waited.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isSilent = static _ => false;
            foreach (var link in _links.Keys)
            {
                link.Gate.Open();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Open();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync(_stop.Token);
                serving.RemoveAll(task => task.IsCompletedSuccessfully);
                serving.Add(Task.Run(() => ServeAsync(near)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(Target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using (near)
        {
            try
            {
                var link = new Link(_ownerOf((IPEndPoint)near.RemoteEndPoint!));
                await far.ConnectAsync(Target, _stop.Token);
                near.NoDelay = far.NoDelay = true;
                Enter(link);
                await Task.WhenAny(PumpAsync(near, far, link.Gate), PumpAsync(far, near, link.Gate));
                _links.TryRemove(link, out _);
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Nobody listens there, or it is over: both ends are closed.
            }
        }
    }

    private void Enter(Link link)
    {
        lock (_gate)
        {
            _links[link] = true;
            if (_isSilent(link.Owner))
            {
                link.Gate.Close();
            }
        }
    }

    /// <summary>Never throws; ends with the stream.</summary>
    private async Task PumpAsync(Socket from, Socket to, Gate gate)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var length)
            {
                await gate.PassAsync(_stop.Token);
                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _stop.Token);
                }
            }

            // The end of a stream is news like any other.
            await gate.PassAsync(_stop.Token);
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over: whoever waits for the first of the two closes both.
        }
    }

    private sealed class Link(int? owner)
    {
        public int? Owner => owner;

        public Gate Gate { get; } = new();
    }
}

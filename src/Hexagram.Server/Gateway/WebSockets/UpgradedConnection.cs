using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>
/// What becomes of an HTTP request that has been turned into a WebSocket: its bytes both ways, and its ends. On Kestrel's HTTP/1.1 these are the
/// connection's own pipes, so that WebSocket costs no copy more than TCP; elsewhere (HTTP/2, other servers) the stream that the request was turned into.
/// </summary>
internal sealed class UpgradedConnection
{
    private readonly Lock _gate = new();
    private readonly Action _abort;
    private readonly bool _ownsConnection;
    private bool _over;

    /// <summary>Over any pipes.</summary>
    internal UpgradedConnection(IDuplexPipe pipes, string peer, Action abort)
    {
        (Input, Output) = (pipes.Input, pipes.Output);
        Peer = peer;
        _abort = abort;
    }

    private UpgradedConnection(HttpContext context, Stream stream)
    {
        Peer = $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}";
        _ownsConnection = HttpProtocol.IsHttp11(context.Request.Protocol)
            && context.Features.Get<IConnectionTransportFeature>() is not null
            && context.Features.Get<IConnectionLifetimeFeature>() is not null;
        if (_ownsConnection)
        {
            var transport = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;
            (Input, Output) = (transport.Input, transport.Output);
            _abort = context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort;
        }
        else
        {
            Input = PipeReader.Create(stream, new StreamPipeReaderOptions(useZeroByteReads: true));
            Output = PipeWriter.Create(stream);
            _abort = context.Abort;
        }
    }

    /// <summary>The peer, for logs.</summary>
    public string Peer { get; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Answers the request with the switch of protocols.</summary>
    public static async Task<UpgradedConnection> AcceptAsync(HttpContext context, IHttpUpgradeFeature upgrade) =>
        new(context, await upgrade.UpgradeAsync().ConfigureAwait(false));

    /// <summary>The same on HTTP/2 (RFC 8441).</summary>
    public static async Task<UpgradedConnection> AcceptAsync(HttpContext context, IHttpExtendedConnectFeature connect) =>
        new(context, await connect.AcceptAsync().ConfigureAwait(false));

    /// <summary>Ends the connection at once, if it has not ended: a request that is over may already be another one.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            if (!_over || _ownsConnection)
            {
                _abort();
            }
        }
    }

    /// <summary>Everything has been sent, and nothing more is read. Takes <paramref name="linger"/> at the most.</summary>
    public async ValueTask CompleteAsync(ByteConnection bytes, TimeSpan linger, TimeProvider time)
    {
        if (_ownsConnection)
        {
            // Kestrel waits for the peer to take the rest, for ever if need be; the timer is what ends that.
            _ = time.CreateTimer(static state => ((UpgradedConnection)state!).Abort(), this, linger, Timeout.InfiniteTimeSpan);
        }

        await bytes.CompleteAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _over = true;
        }
    }
}

using System.Net.Sockets;
using System.Net.WebSockets;
using System.Threading.Channels;
using Hexagram.Client.Stores;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;

namespace Hexagram.Client.Connections;

/// <summary>
/// One connection to the server: packets in, packets out, the heartbeat. What is posted while a write is under way leaves
/// with the next write. Posting and ending are thread-safe and never block; packets received are handed on one after the other.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    private const int PacketBytesMax = ProtocolLimits.BodyBytesMaxCeiling + ProtocolLimits.PacketOverheadBytes;

    /// <summary>So many bytes are written at once before more packets are encoded.</summary>
    private const int WriteBytes = 128 << 10;

    /// <summary>So many packets are looked at together, so that their bodies are read from the store with one question.</summary>
    private const int GatherMax = 256;

    private readonly IPacketTransport _transport;
    private readonly IOutboxStore _store;
    private readonly TimeProvider _time;
    private readonly Action<TracedPacket>? _trace;
    private readonly Channel<Outgoing> _outgoing = Channel.CreateUnbounded<Outgoing>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<ConnectionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly ITimer _heartbeat;
    private readonly long _began;
    private long _lastByte;
    private int _pings;
    private int _pongWaits;
    private volatile bool _welcomed;
    private volatile ConnectionEnd? _refusal;
    private AckRequest? _confirmation;
    private AckRequest? _lastConfirmation;
    private Sequence _acknowledged;
    private TaskCompletionSource? _confirmationsTaken;

    /// <param name="transport">Connected; from now on owned by this.</param>
    /// <param name="store">Where bodies are read that are not at hand.</param>
    /// <param name="options">Clock and trace.</param>
    internal Connection(IPacketTransport transport, IOutboxStore store, HexagramClientOptions options)
    {
        _transport = transport;
        _store = store;
        _time = options.TimeProvider;
        _trace = options.Trace;
        _began = _time.GetTimestamp();
        _lastByte = _began;
        _heartbeat = _time.CreateTimer(_ => Beat(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends a packet after those before it.</summary>
    internal void Post(Packet packet) => _outgoing.Writer.TryWrite(new Outgoing(packet, null));

    /// <summary>Sends Pong, unless one waits to be sent: it answers every Ping before it, and a server that does not read gathers no others.</summary>
    internal void AnswerPing()
    {
        if (Interlocked.Exchange(ref _pongWaits, 1) == 0)
        {
            Post(Pong.Instance);
        }
    }

    /// <summary>Sends msg:R. Called under the sender's lock.</summary>
    internal void Post(SentMessage message) =>
        _outgoing.Writer.TryWrite(message.Body is { } body
            ? new Outgoing(new MessageRequest(message.Id, message.To, body), null)
            : new Outgoing(null, message.Entry));

    /// <summary>Sends ack:R; one that has not left yet is replaced, because it says less.</summary>
    internal void Confirm(AckRequest confirmation)
    {
        lock (_gate)
        {
            _lastConfirmation = confirmation;
            var underWay = _confirmation is not null;
            _confirmation = confirmation;
            if (underWay)
            {
                return;
            }
        }

        _outgoing.Writer.TryWrite(default);
    }

    /// <summary>ack:A has come.</summary>
    internal void Acknowledged(AckAcknowledge acknowledge)
    {
        lock (_gate)
        {
            _acknowledged = Sequence.Max(_acknowledged, acknowledge.UpTo);
            if (_acknowledged >= _lastConfirmation?.UpTo)
            {
                _confirmationsTaken?.TrySetResult();
            }
        }
    }

    /// <summary>Welcome has come: the time for it no longer counts.</summary>
    internal void Welcomed() => _welcomed = true;

    /// <summary>Ends the connection; the first reason stays.</summary>
    internal void End(ConnectionEnd end) => _ended.TrySetResult(end);

    /// <summary>The server broke the protocol: says Goodbye, then ends.</summary>
    internal void Refuse(ErrorCode code, string reason)
    {
        _refusal = ConnectionEnd.Ours(reason);
        Post(new Goodbye(code, reason, TimeSpan.Zero));
        _outgoing.Writer.TryComplete();
    }

    /// <summary>Waits, but not for long, until the server has taken the last ack:R, so that its sender need not wait for our return. Then ends.</summary>
    internal async Task CloseAsync(TimeSpan timeout)
    {
        Task taken;
        AckRequest? last;
        lock (_gate)
        {
            last = _lastConfirmation;
            _confirmationsTaken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            taken = last is not null && _acknowledged < last.UpTo ? _confirmationsTaken.Task : Task.CompletedTask;
        }

        using var patience = new CancellationTokenSource(timeout, _time);
        await Task.WhenAny(Task.WhenAll(taken, _transport.LeaveAsync(last)), _ended.Task, Task.Delay(Timeout.Infinite, patience.Token));
        End(ConnectionEnd.Ours("the client was disposed of"));
    }

    /// <summary>Runs until somebody ends the connection or it breaks.</summary>
    /// <param name="received">Gets each packet; the next is not read before it is done with this one.</param>
    internal async Task<ConnectionEnd> RunAsync(Func<Packet, ValueTask> received)
    {
        Beat();
        var reading = ReadAsync(received);
        var writing = WriteAsync();
        var end = await _ended.Task;
        _outgoing.Writer.TryComplete();
        await _stop.CancelAsync();
        await _transport.CloseAsync();
        await Task.WhenAll(reading, writing);
        return end;
    }

    /// <summary>After <see cref="RunAsync"/>, or instead of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _heartbeat.DisposeAsync();
        await _transport.DisposeAsync();
        _stop.Dispose();
    }

    // ---- in -------------------------------------------------------------------------------

    private async Task ReadAsync(Func<Packet, ValueTask> received)
    {
        try
        {
            while (await _transport.WaitToReadAsync(_stop.Token))
            {
                Volatile.Write(ref _lastByte, _time.GetTimestamp());
                PacketReadOutcome outcome;
                PacketReadResult result;
                while ((outcome = _transport.TryRead(PacketBytesMax, out result)) == PacketReadOutcome.Packet && _refusal is null)
                {
                    _trace?.Invoke(new TracedPacket(PacketDirection.Received, result.Packet!, _time.GetUtcNow()));
                    await received(result.Packet!);
                }

                if (outcome == PacketReadOutcome.Violation)
                {
                    Refuse(result.Code, $"the server sent something that is not of this protocol: {result.Fault}");
                }

                if (_refusal is not null)
                {
                    return;
                }
            }

            End(ConnectionEnd.Ours("the server closed the connection"));
        }
        catch (Exception cause)
        {
            End(Broken(cause));
        }
    }

    // ---- out ------------------------------------------------------------------------------

    private async Task WriteAsync()
    {
        var gathered = new List<Outgoing>();
        try
        {
            // Without the token, waiting costs no memory; whoever stops us completes the queue.
            while (await _outgoing.Reader.WaitToReadAsync())
            {
                while (gathered.Count < GatherMax && _outgoing.Reader.TryRead(out var next))
                {
                    gathered.Add(next);
                }

                var bodies = await ReadBodiesAsync(gathered);
                foreach (var outgoing in gathered)
                {
                    if (Resolve(outgoing, bodies) is { } packet)
                    {
                        _trace?.Invoke(new TracedPacket(PacketDirection.Sent, WithoutToken(packet), _time.GetUtcNow()));
                        _transport.Write(packet);
                    }

                    if (_transport.WrittenBytes >= WriteBytes)
                    {
                        await FlushAsync();
                    }
                }

                await FlushAsync();
                Pass(gathered);
                gathered.Clear();
            }

            End(_refusal ?? ConnectionEnd.Ours("the connection was closed"));
        }
        catch (Exception cause)
        {
            End(Broken(cause));
        }

        ValueTask FlushAsync() => _transport.WrittenBytes == 0 ? ValueTask.CompletedTask : _transport.FlushAsync(_stop.Token);
    }

    private static void Pass(List<Outgoing> written)
    {
        foreach (var outgoing in written)
        {
            FailPoint.Pass(outgoing switch
            {
                { Packet: MessageRequest } or { WithoutBody: not null } => "outbox.written",
                { Packet: null } => "inbox.confirmed",
                _ => "connection.written",
            });
        }
    }

    private async ValueTask<IReadOnlyDictionary<long, Body>?> ReadBodiesAsync(List<Outgoing> gathered)
    {
        List<long>? numbers = null;
        foreach (var outgoing in gathered)
        {
            if (outgoing.WithoutBody is { } entry)
            {
                (numbers ??= []).Add(entry.Number);
            }
        }

        return numbers is null ? null : await _store.ReadBodiesAsync(numbers);
    }

    /// <summary>What to send for it; null for a message that has gone meanwhile.</summary>
    private Packet? Resolve(in Outgoing outgoing, IReadOnlyDictionary<long, Body>? bodies)
    {
        if (outgoing.Packet is Pong)
        {
            Volatile.Write(ref _pongWaits, 0);
        }

        if (outgoing.Packet is not null)
        {
            return outgoing.Packet;
        }

        if (outgoing.WithoutBody is { } entry)
        {
            return bodies!.TryGetValue(entry.Number, out var body) ? new MessageRequest(entry.Id, entry.To, body) : null;
        }

        lock (_gate)
        {
            var confirmation = _confirmation;
            _confirmation = null;
            return confirmation;
        }
    }

    private static Packet WithoutToken(Packet packet) => packet is Hello hello ? hello with { Token = "" } : packet;

    private static ConnectionEnd Broken(Exception cause) => cause switch
    {
        IOException or SocketException or WebSocketException => ConnectionEnd.Ours($"the connection broke: {cause.Message}"),
        OperationCanceledException or ObjectDisposedException => ConnectionEnd.Ours("the connection was closed"),
        ClientStoreException => ConnectionEnd.Ours(cause.Message),
        _ => ConnectionEnd.Ours($"The client failed: {cause}") with { Stop = StopCause.Defect },
    };

    // ---- the heartbeat (PROTOCOL §9) --------------------------------------------------------

    private void Beat()
    {
        var lastByte = Volatile.Read(ref _lastByte);
        var silence = _time.GetElapsedTime(lastByte);
        var unwelcome = _time.GetElapsedTime(_began);
        if (!_welcomed && unwelcome >= ProtocolLimits.AnswerTimeout)
        {
            End(ConnectionEnd.Ours($"the server did not answer Hello within {ProtocolLimits.AnswerTimeout.TotalSeconds:0} s"));
            return;
        }

        if (silence >= ProtocolLimits.SilenceMax)
        {
            End(ConnectionEnd.Ours($"not a byte came for {ProtocolLimits.SilenceMax.TotalSeconds:0} s"));
            return;
        }

        var due = (int)(silence / ProtocolLimits.PingAfter);
        if (_welcomed && due > _pings)
        {
            Post(Ping.Instance);
        }

        _pings = due;
        var next = Shorter(ProtocolLimits.PingAfter * (due + 1), ProtocolLimits.SilenceMax) - silence;
        if (!_welcomed)
        {
            next = Shorter(next, ProtocolLimits.AnswerTimeout - unwelcome);
        }

        _heartbeat.Change(next, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>A packet, a message whose body has to be read first, or neither: the confirmation that is due.</summary>
    private readonly record struct Outgoing(Packet? Packet, OutboxEntry? WithoutBody);
}

using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway.Output;
using Hexagram.Server.Gateway.Polling;
using Hexagram.Server.Router;
using Hexagram.Storage;

namespace Hexagram.Server.Gateway;

/// <summary>
/// One connection, from its first byte to its last: reads packets one after the other, and hands each to the part whose line it is.
/// Nothing in it is worth saving.
/// </summary>
/// <remarks>
/// <see cref="RunAsync"/> is the reader. The router, the clock and the server's stop call in from outside; those calls never wait. State that more
/// than one of them touches is guarded by the lock of <see cref="SessionOutput"/>.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation without a timer holds nothing, and whoever calls in late must not find it disposed.")]
internal sealed partial class Session : ISessionPost, IStoredListener, INewcomer
{
    private readonly SessionSurroundings _surroundings;
    private readonly ISessionTransport _transport;
    private readonly SessionOutput _output;
    private readonly SessionPulse _pulse;
    private readonly PacketRate _rate;
    private readonly SessionOpening _opening;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _room;
    private OpenSession? _open;
    private int _packetBytesMax = ProtocolLimits.HelloBytesMax;
    private bool _welcomed;
    private bool _answerAsked;
    private volatile bool _draining;

    /// <param name="surroundings">What all sessions share.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="identity">Whom the connection has authenticated by itself; null for nobody.</param>
    /// <param name="poll">What makes it a poll; null for a connection.</param>
    public Session(SessionSurroundings surroundings, ISessionTransport transport, AuthenticationResult? identity = null, Poll? poll = null)
    {
        Identity = identity;
        Poll = poll;
        _surroundings = surroundings;
        _transport = transport;
        _output = new SessionOutput(transport, surroundings.Time) { Left = Left };
        _opening = new SessionOpening(surroundings, _output, this);
        _pulse = new SessionPulse(surroundings.Options.Times, surroundings.Time);
        _rate = new PacketRate(surroundings.Options.Bounds.PacketsPerSecond, surroundings.Options.Bounds.PacketsBurst, surroundings.Time);
    }

    /// <summary>Cancelled when the session stops reading; what it has accepted is finished all the same.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Cancelled when the session is cut off: what has not come to the store by then does not come there any more.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Completes when nothing of the session is left.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whom the connection has authenticated by itself; null for nobody.</summary>
    public AuthenticationResult? Identity { get; }

    /// <summary>What makes it a poll; null for a connection.</summary>
    public Poll? Poll { get; }

    /// <summary>The peer, for logs.</summary>
    public string Peer => _transport.Peer;

    /// <summary>Who it is, for logs.</summary>
    private string Who => Open?.User.Value ?? "nobody yet";

    /// <summary>Its place among those that have not said Hello; the registry's.</summary>
    public LinkedListNode<INewcomer>? Place { get; set; }

    /// <summary>There was no room for it; the registry's.</summary>
    public bool IsTurnedAway { get; set; }

    /// <summary>Bytes that wait here to be taken by the client.</summary>
    public int OutgoingBytes
    {
        get
        {
            using var writing = _output.Enter();
            return writing.Waiting;
        }
    }

    /// <summary>A limit has stopped the reader.</summary>
    public bool IsNotRead => _pulse.IsNotReading;

    /// <summary>What Hello has opened; null before.</summary>
    public OpenSession? Open => Volatile.Read(ref _open);

    /// <summary>
    /// Whether it is a session of this user, and of this device if one is named. Before Hello the user is whom the connection has authenticated, and the device
    /// nobody's yet.
    /// </summary>
    public bool IsOf(UserId user, DeviceId? device) =>
        Open is { } open ? open.User == user && (device is null || open.Record.Device == device) : device is null && Identity is { Code: ErrorCode.None } known && known.User == user;

    /// <summary>Serves the connection until it ends. Throws nothing.</summary>
    public async Task RunAsync()
    {
        try
        {
            _surroundings.Registry.Add(this, _surroundings.Options.Bounds);
            if (_open is not null)
            {
                // Messages over HTTP say no Hello.
                _surroundings.Registry.HelloCame(this);
            }

            if (_surroundings.Registry.IsDraining)
            {
                Drain();
            }

            await ReadAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // Whoever stopped it has said why.
        }
        catch (Exception fault)
        {
            Fail(fault);
        }

        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            LogFailed(_surroundings.Logger, _transport.Peer, fault);
            _transport.Abort();
        }
        finally
        {
            _surroundings.Registry.Remove(this);
            _ended.TrySetResult();
        }
    }

    // ---- reading ------------------------------------------------------------------------------

    private async Task ReadAsync()
    {
        while (!Stopping.IsCancellationRequested && await _transport.WaitToReadAsync().ConfigureAwait(false))
        {
            _pulse.Heard();
            while (!Stopping.IsCancellationRequested)
            {
                var outcome = _transport.TryRead(_packetBytesMax, out var read);
                if (outcome == PacketReadOutcome.Incomplete)
                {
                    break;
                }

                if (outcome == PacketReadOutcome.Violation)
                {
                    End(read.Code, read.Fault!);
                    return;
                }

                await TakeAsync(read.Packet!).ConfigureAwait(false);
            }
        }
    }

    private ValueTask TakeAsync(Packet packet)
    {
        if (_open is not { } open)
        {
            if (packet is not Hello hello)
            {
                return Violation("A packet came before Hello.");
            }

            _pulse.HelloCame();
            _surroundings.Registry.HelloCame(this);
            return new(_opening.OpenAsync(hello));
        }

        var cost = packet is StatusRequest status ? status.Ids.Count : 1;
        var wait = _rate.Take(cost);
        if (wait > TimeSpan.Zero || !HasRoom(packet))
        {
            return new(TakeLaterAsync(open, packet, wait));
        }

        return TakeNow(open, packet);
    }

    private ValueTask TakeNow(OpenSession open, Packet packet)
    {
        switch (packet)
        {
            case MessageRequest request:
                return open.Requests.TryTake(request) ? default : new(TakeInTurnAsync(open, request));
            case AckRequest confirmation when open.IsReceiving:
                open.Confirmations.Take(confirmation);
                return default;
            case AckRequest:
                return Violation("An ack:R came on a connection that only sends (window 0).");
            case StatusRequest status:
                return new(AnswerStatusAsync(open, status));
            case Ping:
                using (var writing = _output.Enter())
                {
                    writing.Write(Pong.Instance);
                }

                return default;
            case Pong:
                return default;
            case Goodbye goodbye:
                LogLeft(_surroundings.Logger, _transport.Peer, goodbye.Code);
                StopReading();
                return default;
            case Hello:
                return Violation("A second Hello came.");
            default:
                return Violation($"{packet.GetType().Name} is a packet that a server alone sends.");
        }
    }

    /// <summary>A limit is reached: the socket is not read on until there is room again (PROTOCOL §5).</summary>
    private async Task TakeLaterAsync(OpenSession open, Packet packet, TimeSpan wait)
    {
        _pulse.StopsReading();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _surroundings.Time, Stopping).ConfigureAwait(false);
        }

        while (RoomToAwait(packet) is { } room)
        {
            await room.WaitAsync(Stopping).ConfigureAwait(false);
        }

        _pulse.Heard();
        await TakeNow(open, packet).ConfigureAwait(false);
    }

    /// <summary>All sessions together have as much at work as they may: this one is read on when its turn has come.</summary>
    private async Task TakeInTurnAsync(OpenSession open, MessageRequest request)
    {
        _pulse.StopsReading();
        await open.Requests.TakeInTurnAsync(request).ConfigureAwait(false);
        _pulse.Heard();
    }

    private bool HasRoom(Packet packet)
    {
        using var writing = _output.Enter();
        return HasRoom(writing, packet);
    }

    private bool HasRoom(in SessionOutput.Writing writing, Packet packet) =>
        writing.IsOver
        || (writing.Waiting <= _surroundings.Options.Bounds.OutgoingBytesMax && (packet is not MessageRequest || _open!.Requests.HasRoom));

    private Task? RoomToAwait(Packet packet)
    {
        using var writing = _output.Enter();
        return HasRoom(writing, packet)
            ? null
            : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private async Task AnswerStatusAsync(OpenSession open, StatusRequest request)
    {
        // The store may go to its disk; the thread that brings news of many sockets must not. Meanwhile the silence is not the client's.
        _pulse.StopsReading();
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var statuses = await _surroundings.Store.StatusAsync(request.To, open.User, request.Ids, Stopping).ConfigureAwait(false);
        _pulse.Heard();
        using var writing = _output.Enter();
        writing.Write(new StatusAcknowledge(request.To, statuses));
    }

    private ValueTask Violation(string text)
    {
        End(ErrorCode.ProtocolViolation, text);
        return default;
    }

    // ---- opening ------------------------------------------------------------------------------

    /// <summary>Hello is accepted: the router is about to know this session.</summary>
    public void Admitted(OpenSession open) => Volatile.Write(ref _open, open);

    /// <summary>Opens it for msg:R alone, before it runs (PROTOCOL §14.2).</summary>
    /// <param name="identity">Whose messages.</param>
    /// <param name="held">What the client was told to retry later.</param>
    public void OpenForMessages(AuthenticationResult identity, IReadOnlyList<Error> held)
    {
        var open = _opening.OpenForMessages(identity);
        using var writing = _output.Enter();
        open.Requests.Hold(held);
    }

    /// <summary>Welcome is written; called inside the lock.</summary>
    public void Welcomed()
    {
        _welcomed = true;
        _pulse.Welcomed();
        if (Poll is not null)
        {
            // It is the client's turn when this is answered.
            _pulse.StopsReading();
        }

        _packetBytesMax = _surroundings.Options.Bounds.BodyBytesMax + ProtocolLimits.PacketOverheadBytes;
    }

    // ---- a poll (PROTOCOL §14.1) ------------------------------------------------------------

    /// <summary>There is something to say, or nothing more to wait for: it is answered as soon as it is welcome and no page is on its way.</summary>
    public void Answer()
    {
        using var writing = _output.Enter();
        _answerAsked = true;
        AnswerIfAsked(writing);
    }

    /// <inheritdoc cref="Answer"/>
    public void AnswerIfAsked(in SessionOutput.Writing writing)
    {
        if (_answerAsked && _welcomed && (_transport.IsFull || Open is not { Stream.IsReading: true }))
        {
            EndReading();
        }
    }

    /// <summary>A page of the mailbox has been written; called inside the lock.</summary>
    public void PageTaken(in SessionOutput.Writing writing) => AnswerIfAsked(writing);

    /// <summary>The client has gone: there is nobody to answer.</summary>
    public void Leave() => StopReading();

    // ---- from outside: the router -----------------------------------------------------------

    public void Notify(IReadOnlyList<EntryHint> entries)
    {
        using var writing = _output.Enter();
        Open?.Stream.Heard(writing, entries);
    }

    public void Report(IReadOnlyList<DeliveryReport> reports) => TryReport(reports);

    /// <summary>As <see cref="Report(IReadOnlyList{DeliveryReport})"/>; false when nothing more is said here.</summary>
    public bool TryReport(IReadOnlyList<DeliveryReport> reports)
    {
        using var writing = _output.Enter();
        for (var i = 0; i < reports.Count; i++)
        {
            Report(writing, reports[i].By, reports[i].Ids, reports[i].State);
        }

        return !writing.IsOver;
    }

    public void Stored(UserId by, IReadOnlyList<MessageId> ids)
    {
        _surroundings.Meter.Stored(ids.Count);
        using (var writing = _output.Enter())
        {
            Report(writing, by, ids, MessageState.Stored);
            if (!writing.IsOver || Open is not { IsOnlyForMessages: true })
            {
                return;
            }
        }

        // The request has been answered; the sender's polls go on.
        _surroundings.Routes.Report(Open.User, new DeliveryReport(by, ids) { AreStored = true });
    }

    public void Supersede() => End(ErrorCode.Superseded);

    private void Report(in SessionOutput.Writing writing, UserId by, IReadOnlyList<MessageId> ids, MessageState state)
    {
        if (!_welcomed)
        {
            // Nothing comes before Welcome; the client then asks for the status of what waits.
            return;
        }

        if (ids.Count <= ProtocolLimits.IdsPerPacketMax)
        {
            Open!.Requests.Report(writing, new AckNotify(by, ids, state));
            return;
        }

        foreach (var part in ids.Chunk(ProtocolLimits.IdsPerPacketMax))
        {
            Open!.Requests.Report(writing, new AckNotify(by, part, state));
        }
    }

    // ---- from outside: the clock and the heartbeat ------------------------------------------

    /// <summary>Called every second or so: sees to everything that time does to a session.</summary>
    public void Tick(DateTimeOffset now)
    {
        var open = Open;
        if (_output.StalledFor() > _surroundings.Options.Times.SilenceMax)
        {
            // Goodbye could not get through either.
            LogEnded(_surroundings.Logger, _transport.Peer, Who, ErrorCode.SlowReader, ErrorText.For(ErrorCode.SlowReader));
            Abort();
        }
        else if (open is not null && now >= open.ExpiresAt)
        {
            End(ErrorCode.Authenticate);
        }
        else
        {
            switch (_pulse.Beat())
            {
                case PulseDecision.HelloTimeout:
                    End(ErrorCode.HelloTimeout);
                    break;
                case PulseDecision.OpeningTimeout:
                    End(ErrorCode.Resynchronize, "The server could not open the session in time; connect again.");
                    break;
                case PulseDecision.Idle:
                    End(ErrorCode.Idle);
                    break;
                case PulseDecision.Ping:
                    using (var writing = _output.Enter())
                    {
                        writing.Write(Ping.Instance);
                    }

                    break;
            }
        }
    }

    /// <summary>The newest entry of the user's mailbox, by the store.</summary>
    public void Compare(Sequence last)
    {
        using var writing = _output.Enter();
        Open?.Stream.Compared(writing, last);
    }

    // ---- ending -------------------------------------------------------------------------------

    /// <summary>The server stops: what is under way is finished, then Goodbye.</summary>
    public void Drain()
    {
        _draining = true;
        StopReading();
    }

    /// <summary>Ends the connection at once.</summary>
    public void Abort()
    {
        _aborted.TrySetResult();
        _ = _gone.CancelAsync();
        StopReading();
        _transport.Abort();
    }

    /// <summary>Says Goodbye and ends. The first reason counts.</summary>
    public void End(ErrorCode code) => End(code, ErrorText.For(code));

    /// <inheritdoc cref="End(ErrorCode)"/>
    /// <returns>False when it had ended before.</returns>
    public bool End(ErrorCode code, string text)
    {
        using var writing = _output.Enter();
        return End(writing, code, text);
    }

    /// <inheritdoc cref="End(ErrorCode)"/>
    public void End(in SessionOutput.Writing writing, ErrorCode code) => End(writing, code, ErrorText.For(code));

    /// <summary>A fault that only a new connection can get over.</summary>
    public void Fail(Exception fault)
    {
        switch (fault)
        {
            case StoreUnavailableException:
                LogStoreUnavailable(_surroundings.Logger, _transport.Peer, fault.Message);
                End(ErrorCode.StoreUnavailable);
                break;
            case RouterUnavailableException:
                LogRouterUnavailable(_surroundings.Logger, _transport.Peer, fault.Message);
                End(ErrorCode.Resynchronize);
                break;
            case OperationCanceledException when Stopping.IsCancellationRequested || Gone.IsCancellationRequested:
                break;
            default:
                LogFailed(_surroundings.Logger, _transport.Peer, fault);
                End(ErrorCode.Resynchronize);
                break;
        }
    }

    /// <summary>A defect that leaves a part of the session in an unknown state.</summary>
    public void Broken(Exception defect)
    {
        Fail(defect);
        Abort();
    }

    /// <summary>The authorizer threw or did not answer in time.</summary>
    public void AuthorizerFailed(Exception fault) => LogAuthorizerFailed(_surroundings.Logger, fault);

    private bool End(in SessionOutput.Writing writing, ErrorCode code, string text)
    {
        var retryAfter = code.Remedy() == ErrorRemedy.RetryLater ? _surroundings.Options.Times.RetryAfter : TimeSpan.Zero;
        var isFirst = writing.End(new Goodbye(code, text, retryAfter));
        if (isFirst)
        {
            _surroundings.Meter.SaidGoodbye(code);
            LogEnded(_surroundings.Logger, _transport.Peer, Who, code, text);
        }

        StopReading();
        return isFirst;
    }

    private void StopReading()
    {
        // On the pool: neither whoever waits for the token nor the reader, which closes the session, may run inside the caller's lock.
        _ = _stopping.CancelAsync();
        EndReading();
    }

    private void EndReading() => ThreadPool.UnsafeQueueUserWorkItem(static transport => transport.StopReading(), _transport, preferLocal: false);

    /// <summary>Bytes have left, or never will.</summary>
    private void Left(SessionOutput.Writing writing, AnswerCount answers)
    {
        Open?.Requests.Left(answers);
        Open?.Stream.Pump(writing);

        // Whoever waits looks for itself whether there is room now.
        _room?.TrySetResult();
        _room = null;
    }

    private async Task CloseAsync()
    {
        var linger = _surroundings.Options.Times.Linger;
        if (_open is { } open)
        {
            if (open.Lease is { } lease)
            {
                lease.Leave(this, forGood: Poll!.Leaves);
            }
            else if (!open.IsOnlyForMessages)
            {
                _surroundings.Directory.Remove(open.Record.Address);
                _surroundings.Routes.Unregister(open.User, open.Record.Address);
            }

            // What the store has been given is answered, and recipients hear of it, also when this client is gone. A store that
            // hangs must not keep the server from stopping.
            var idle = Task.WhenAll(open.Requests.WhenIdleAsync(), open.Confirmations.WhenIdleAsync());
            await Task.WhenAny(idle, _aborted.Task).ConfigureAwait(false);
        }

        if (_draining)
        {
            End(ErrorCode.Restarting);
        }

        using (var writing = _output.Enter())
        {
            writing.EndSilently();
        }

        try
        {
            await _output.Drained.WaitAsync(linger, _surroundings.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _transport.Abort();
        }

        await _transport.CloseAsync(linger).ConfigureAwait(false);
        LogClosed(_surroundings.Logger, _transport.Peer, _open?.User);
    }
}

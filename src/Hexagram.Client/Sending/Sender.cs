using Hexagram.Client.Connections;
using Hexagram.Client.Stores;
using Hexagram.Client.Telemetry;
using Hexagram.Delivery;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Sending;

/// <summary>
/// The shell around the <see cref="Outbox"/>: saves, sends, tells the application. One lock orders all events; nothing of the
/// application runs under it.
/// </summary>
internal sealed class Sender
{
    private static readonly TimeSpan WriteAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Outbox _outbox;
    private readonly IOutboxStore _store;
    private readonly ServerClock _clock;
    private readonly MessageIds _ids;
    private readonly OutboxRoom _room;
    private readonly SenderEvents _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _origin;
    private readonly ITimer _timer;
    private readonly Action<PendingSend, ClientStoreException?> _inserted;
    private readonly Dictionary<long, SentMessage> _messages = [];
    private readonly Queue<PendingSend> _pending = new();
    private readonly Dictionary<long, CancelOutcome> _cancelled = [];
    private readonly HashSet<long> _removing = [];
    private Connection? _connection;
    private SessionLimits? _session;
    private TimeSpan? _timerDue;
    private long _lastNumber;
    private bool _carryingOut;
    private bool _closed;

    internal Sender(HexagramClientOptions options, IOutboxStore store, StoredClient stored, ServerClock clock, SenderEvents events)
    {
        _store = store;
        _clock = clock;
        _ids = new MessageIds(clock);
        _room = new OutboxRoom(options.Outbox);
        _events = events;
        _time = options.TimeProvider;
        _logger = options.Logger;
        _origin = _time.GetTimestamp();
        _outbox = new Outbox(new OutboxOptions(), Random.Shared);
        _inserted = Inserted;
        _timer = _time.CreateTimer(_ => Guard(Advance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var message in stored.Messages)
        {
            var entry = new OutboxEntry(message.Number, message.Id, message.To, message.State, message.Transmitted);
            _lastNumber = message.Number;
            Hold(new SentMessage(_gate, entry, null, message.BodyBytes) { Transmissions = message.Transmitted ? 1 : 0 });
            _outbox.Add(entry, Now);
        }

        ClientTelemetry.Opened(_room);
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    // ---- the application ------------------------------------------------------------------

    /// <summary>Whether this very message is in the outbox.</summary>
    internal bool Owns(SentMessage message)
    {
        lock (_gate)
        {
            return _messages.TryGetValue(message.Entry.Number, out var own) && ReferenceEquals(own, message);
        }
    }

    /// <param name="to">The recipient.</param>
    /// <param name="body">Its body.</param>
    /// <param name="source">Where it waited in the application's database, if it did.</param>
    internal Task<SentMessage> SendAsync(UserId to, Body body, EnqueuedRow? source = null)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return Task.FromException<SentMessage>(new ObjectDisposedException(nameof(HexagramClient)));
            }

            if (_room.Lacks(body.Content.Length) is { } full)
            {
                return Task.FromException<SentMessage>(full);
            }

            // While a connection is up the message is about to leave the device, so it is saved as such with the first write.
            var transmitted = _session is { } session && _room.Waiting < session.RequestsInFlightMax;
            var number = ++_lastNumber;
            var entry = new OutboxEntry(number, _ids.New(), to, MessageState.Waiting, transmitted);
            var message = new SentMessage(_gate, entry, body, body.Content.Length);
            message.Trace = SendTrace.Begin(message);
            Hold(message);

            var pending = new PendingSend(message, _inserted);
            _pending.Enqueue(pending);
            FailPoint.Pass("outbox.inserting");
            _store.Insert(new StoredMessage(number, entry.Id, to, MessageState.Waiting, transmitted, message.BodyBytes, source), body, pending);
            return pending.Task;
        }
    }

    internal Task<CancelOutcome> CancelAsync(SentMessage message)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return Task.FromException<CancelOutcome>(new ObjectDisposedException(nameof(HexagramClient)));
            }

            // One whose row could not be removed has left the outbox, and would be back after a restart: its row is what is left to do.
            if (!_cancelled.TryGetValue(message.Entry.Number, out var outcome))
            {
                outcome = _outbox.Cancel(message.Id);
                if (outcome == CancelOutcome.NotWaiting)
                {
                    return _pending.Any(pending => pending.Message == message)
                        ? Task.FromException<CancelOutcome>(new InvalidOperationException("The message is being sent in a handler's transaction, which has not ended. Cancel it after the handler."))
                        : Task.FromResult(outcome);
                }

                _cancelled.Add(message.Entry.Number, outcome);
            }

            var done = new TaskCompletionSource<CancelOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            Remove(message, fault => Cancelled(message, done, outcome, fault));
            CarryOut();
            return done.Task;
        }
    }

    /// <summary>Everything in the outbox, in the order of the <c>SendAsync</c> calls.</summary>
    internal IReadOnlyList<SentMessage> List()
    {
        lock (_gate)
        {
            return [.. _outbox.Entries.OrderBy(e => e.Number).Select(e => _messages[e.Number])];
        }
    }

    // ---- the connection -------------------------------------------------------------------

    internal void Connected(Connection connection, Welcome welcome)
    {
        lock (_gate)
        {
            _connection = connection;
            _session = welcome.Limits;
            _outbox.Forget(_clock.Now - _clock.Horizon);
            _outbox.Connected(welcome.Limits.RequestsInFlightMax, Now);
            CarryOut();
        }
    }

    internal void Disconnected()
    {
        lock (_gate)
        {
            _connection = null;
            _session = null;
            _outbox.Disconnected();
            CarryOut();
        }
    }

    internal void Received(Packet packet)
    {
        lock (_gate)
        {
            switch (packet)
            {
                case MessageAcknowledge accepted:
                    FailPoint.Pass("outbox.accepted");
                    _outbox.Acknowledged(accepted.Id, Now);
                    break;
                case Error error:
                    _outbox.Errored(error.Id, error.Code, error.Text, error.RetryAfter, Now);
                    if (error.Code == ErrorCode.ClockSkew && _clock.Accepts(error.Id))
                    {
                        // Its clock was set back since Welcome. Without a new one every further id would be refused as well.
                        _connection?.End(ConnectionEnd.Ours("the server's clock is no longer where it said"));
                    }

                    break;
                case AckNotify report:
                    FailPoint.Pass("outbox.reported");
                    _outbox.Reported(report.Ids, report.State, Now);
                    break;
                case StatusAcknowledge status:
                    _outbox.StatusReported(status.Statuses, Now);
                    break;
            }

            CarryOut();
        }
    }

    /// <summary>No more messages are taken; those who wait for one are told.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            ClientTelemetry.Closed(_room);
            _connection = null;
            _timer.Dispose();
            foreach (var message in _messages.Values)
            {
                // The store writes what it has been given before it closes, and says then how it went.
                if (!_removing.Contains(message.Entry.Number))
                {
                    EndClosed(message);
                }
            }
        }
    }

    // ---- inside ---------------------------------------------------------------------------

    /// <summary>A write has come back. The outbox hears of messages in the order of the <c>SendAsync</c> calls, whatever the order of the writes.</summary>
    private void Inserted(PendingSend pending, ClientStoreException? fault)
    {
        if (fault is null)
        {
            FailPoint.Pass("outbox.inserted");
        }

        try
        {
            lock (_gate)
            {
                pending.Settle(fault);
                while (_pending.TryPeek(out var next) && next.IsSettled)
                {
                    _pending.Dequeue();
                    Settled(next);
                }

                CarryOut();
            }
        }
        catch (InvariantException defect)
        {
            _events.Defect(defect);
        }
    }

    private void Settled(PendingSend pending)
    {
        if (pending.Fault is null)
        {
            ClientTelemetry.Sent.Add(1);
            Add(pending.Message);
        }
        else
        {
            Drop(pending.Message);
            pending.Message.End(SentState.Cancelled, new OperationCanceledException());
        }

        pending.Tell();
    }

    private void Add(SentMessage message)
    {
        _outbox.Add(message.Entry, Now);
        if (_closed)
        {
            message.End(null, new ObjectDisposedException(nameof(HexagramClient)));
        }
    }

    /// <summary>Carries out what the outbox asks for, in order. Stores without a thread answer within the call, so this may be entered again.</summary>
    private void CarryOut()
    {
        if (_carryingOut)
        {
            return;
        }

        _carryingOut = true;
        try
        {
            while (_outbox.TryTakeEffect(out var effect))
            {
                CarryOut(effect);
            }
        }
        finally
        {
            _carryingOut = false;
        }

        SetTimer();
    }

    private void CarryOut(OutboxEffect effect)
    {
        switch (effect)
        {
            case OutboxEffect.Transmit(var entry):
                if (_messages.TryGetValue(entry.Number, out var message))
                {
                    Transmit(message);
                }

                break;
            case OutboxEffect.MarkTransmitted(var entries):
                Mark(entries);
                break;
            case OutboxEffect.AskStatus(var to, var ids):
                _connection?.Post(new StatusRequest(to, ids));
                break;
            case OutboxEffect.StateRaised(var entry, var state):
                if (_messages.TryGetValue(entry.Number, out var risen))
                {
                    Raise(risen, state);
                }

                break;
            case OutboxEffect.Delivered(var entry):
                if (_messages.TryGetValue(entry.Number, out var delivered))
                {
                    Drop(delivered);
                    _store.Remove(entry.Number);
                    delivered.Rise(SentState.Delivered);
                }

                break;
            case OutboxEffect.Refused refused:
                Refuse(refused);
                break;
            case OutboxEffect.LeftAtServer(var entry):
                LeaveAtServer(entry);
                break;
            case OutboxEffect.Reconnect(var reason):
                _connection?.End(ConnectionEnd.Ours(reason));
                break;
        }
    }

    private void Refuse(OutboxEffect.Refused refused)
    {
        var (entry, code, text) = refused;
        _logger.Refused(entry.Id, entry.To, code, text);
        Leave(entry, message => message.End(SentState.Refused, new MessageRefusedException(code, $"The message to {entry.To} was refused: {text} ({code})")));
    }

    private void LeaveAtServer(OutboxEntry entry) =>
        Leave(entry, message => message.End(null, new MessageRefusedException(ErrorCode.Expired, $"The message is stored at the server for {entry.To}, and too old for its delivery to be followed further.")));

    private void Transmit(SentMessage message)
    {
        if (_connection is null)
        {
            return;
        }

        if (_session is { } session && message.BodyBytes > session.BodyBytesMax)
        {
            // Sent all the same, it could be longer than the longest packet, and would end every connection.
            _outbox.Errored(message.Id, ErrorCode.BodyTooLarge, $"its body of {message.BodyBytes} bytes is larger than the server's limit of {session.BodyBytesMax}", TimeSpan.Zero, Now);
            return;
        }

        message.Transmitting();
        _connection.Post(message);
    }

    /// <summary>Durably: these may have left the device. Ids that the server would refuse are made anew, now or never.</summary>
    private void Mark(IReadOnlyList<OutboxEntry> entries)
    {
        var marks = new (long Number, MessageId Id)[entries.Count];
        for (var i = 0; i < marks.Length; i++)
        {
            var entry = entries[i];
            marks[i] = (entry.Number, _clock.Accepts(entry.Id) ? entry.Id : _ids.New());
        }

        _store.Mark(marks, fault => Guard(() => Marked(entries, marks, fault)));
    }

    private void Marked(IReadOnlyList<OutboxEntry> entries, (long Number, MessageId Id)[] marks, ClientStoreException? fault)
    {
        if (fault is not null)
        {
            _logger.StoreFailed(fault);
            _events.StoreFailed(fault);
            Later(() => Mark(entries));
            return;
        }

        FailPoint.Pass("outbox.marked");
        lock (_gate)
        {
            for (var i = 0; i < marks.Length; i++)
            {
                if (entries[i].Id != marks[i].Id)
                {
                    _outbox.Remake(entries[i], marks[i].Id);
                    _messages[entries[i].Number].Trace?.Remade(marks[i].Id);
                }
            }

            _outbox.Marked(entries, Now);
            CarryOut();
        }
    }

    /// <summary>A write has failed; it is asked for again under the lock, unless the client has been closed.</summary>
    private void Later(Action write)
    {
        if (_closed)
        {
            return;
        }

        ITimer? timer = null;
        timer = _time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                lock (_gate)
                {
                    if (!_closed)
                    {
                        write();
                    }
                }
            },
            null,
            WriteAgainAfter,
            Timeout.InfiniteTimeSpan);
    }

    private void Raise(SentMessage message, MessageState state)
    {
        if (state == MessageState.Stored)
        {
            _room.Remove(message);
            _room.Add(message, stored: true);
            if (_store.KeepsBodies)
            {
                message.Body = null;
            }
        }

        _store.Raise(message.Entry.Number, state);
        message.Rise((SentState)state);
    }

    /// <summary>
    /// The outbox has given it up. The application, which may send it anew, is told when the row has gone: told before, it would hear of the
    /// same message again after a restart.
    /// </summary>
    private void Leave(OutboxEntry entry, Action<SentMessage> tell)
    {
        if (!_messages.TryGetValue(entry.Number, out var message))
        {
            return;
        }

        Remove(message, fault =>
        {
            if (fault is null)
            {
                Drop(message);
                tell(message);
                return;
            }

            _logger.StoreFailed(fault);
            _events.StoreFailed(fault);
            Later(() => Leave(entry, tell));
        });
    }

    private void Cancelled(SentMessage message, TaskCompletionSource<CancelOutcome> done, CancelOutcome outcome, ClientStoreException? fault)
    {
        if (fault is null)
        {
            _cancelled.Remove(message.Entry.Number);
            Drop(message);
            message.End(SentState.Cancelled, new OperationCanceledException());
        }

        SqliteWriter.Complete(done, outcome, fault);
    }

    /// <summary>Removes its row; <paramref name="removed"/> hears of it under the lock.</summary>
    private void Remove(SentMessage message, Action<ClientStoreException?> removed)
    {
        _removing.Add(message.Entry.Number);
        _store.Remove(message.Entry.Number, fault => Guard(() =>
        {
            lock (_gate)
            {
                _removing.Remove(message.Entry.Number);
                removed(fault);
                if (_closed)
                {
                    EndClosed(message);
                }
            }
        }));
    }

    /// <summary>Those who wait for a message that nobody follows any more are told; nothing, when it has ended before.</summary>
    private static void EndClosed(SentMessage message) =>
        message.End(null, new ObjectDisposedException(nameof(HexagramClient), "The client was disposed of. The message stays in its outbox, and goes on when the store is opened again."));

    private void Hold(SentMessage message)
    {
        _messages.Add(message.Entry.Number, message);
        _room.Add(message, stored: message.Entry.State == MessageState.Stored);
    }

    private void Drop(SentMessage message)
    {
        if (_messages.Remove(message.Entry.Number))
        {
            _room.Remove(message);
        }
    }

    private void Advance()
    {
        lock (_gate)
        {
            _timerDue = null;
            if (!_closed)
            {
                _outbox.Advance(Now);
                CarryOut();
            }
        }
    }

    /// <summary>A timer that fires too early finds nothing to do and is set again; so it is moved only when it would be too late.</summary>
    private void SetTimer()
    {
        if (!_closed && _outbox.NextDeadline is { } deadline && (_timerDue is null || deadline < _timerDue))
        {
            _timerDue = deadline;
            var wait = deadline - Now;
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A broken invariant on a thread that is nobody's stops the client, not the process.</summary>
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (InvariantException defect)
        {
            _events.Defect(defect);
        }
    }
}

using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>
/// The sender's wait-ack queue: what is sent, resent, asked about and let go, and when (PROTOCOL §11). In order per recipient;
/// recipients take turns. Time is monotonic, so a clock that jumps changes nothing here.
/// </summary>
/// <remarks>
/// A pure state machine: events in, <see cref="TryTakeEffect">effects</see> out. Not thread-safe: its client feeds it one
/// event at a time. The shell has saved a message before it calls <see cref="Add"/>.
/// </remarks>
public sealed class Outbox
{
    private const string HeldByCancelled = "the server holds later messages back for one that was cancelled";
    private const string HeldByAccepted = "the server holds later messages back for one that it has accepted on an older connection";

    private const int MarkedAtOnceMax = 1_000;

    private readonly OutboxOptions _options;
    private readonly Random _random;
    private readonly Dictionary<MessageId, OutboxEntry> _entries = [];
    private readonly Dictionary<UserId, OutboxLane> _lanes = [];
    private readonly Queue<OutboxLane> _round = new();
    private readonly Queue<OutboxLane> _toAsk = new();
    private readonly OutboxTimers _timers = new();
    private readonly StoredSweep _sweep;
    private readonly SortedDictionary<long, OutboxEntry> _unmarked = [];
    private readonly Queue<OutboxEffect> _effects = new();
    private IReadOnlyList<OutboxEntry>? _asked;
    private long _lastNumber;
    private bool _marking;
    private bool _connected;
    private int _inFlight;
    private int _inFlightMax;
    private TimeSpan _answerAwaitedSince;
    private TimeSpan _askedAt;

    /// <summary>An empty outbox.</summary>
    /// <param name="options">Timers and bounds.</param>
    /// <param name="random">The source of jitter; the outbox is its only user.</param>
    public Outbox(OutboxOptions options, Random random)
    {
        _options = options;
        _random = random;
        _sweep = new StoredSweep(options);
        _inFlightMax = options.InFlightMax;
    }

    /// <summary>How many messages it holds, in any state.</summary>
    public int Count => _entries.Count;

    /// <summary>Every message that it holds, in no particular order.</summary>
    public IEnumerable<OutboxEntry> Entries => _entries.Values;

    /// <summary>The next thing the shell has to do, in order; false when there is none.</summary>
    public bool TryTakeEffect(out OutboxEffect effect) => _effects.TryDequeue(out effect!);

    // ---- events from the application ------------------------------------------------------

    /// <summary>A saved message: a new one, or one found after a restart. Numbers rise from call to call.</summary>
    public void Add(OutboxEntry entry, TimeSpan now)
    {
        Invariant.Holds(entry.Number > _lastNumber, "messages join the outbox in the order of the SendAsync calls");
        _lastNumber = entry.Number;
        _entries.Add(entry.Id, entry);
        if (!entry.Transmitted)
        {
            _unmarked.Add(entry.Number, entry);
        }

        if (entry.State == MessageState.Waiting)
        {
            Queue(entry);
        }
        else if (_connected)
        {
            Ask(entry);
        }

        Pump(now);
    }

    /// <summary>The entry gets another id, which the shell has saved. Only ever before it is transmitted.</summary>
    public void Remake(OutboxEntry entry, MessageId id)
    {
        Invariant.Holds(!entry.Transmitted, "a transmitted id never changes");
        if (_entries.Remove(entry.Id))
        {
            entry.Id = id;
            _entries.Add(id, entry);
        }
    }

    /// <summary>The answer to <see cref="OutboxEffect.MarkTransmitted"/>: it is saved that these may leave the device.</summary>
    public void Marked(IReadOnlyList<OutboxEntry> entries, TimeSpan now)
    {
        _marking = false;
        foreach (var entry in entries)
        {
            entry.Transmitted = true;
            if (entry.Queued)
            {
                JoinRound(Lane(entry.To));
            }
        }

        Pump(now);
    }

    /// <summary>The application no longer wants it sent. Certain only before the first transmission.</summary>
    public CancelOutcome Cancel(MessageId id)
    {
        if (!_entries.TryGetValue(id, out var entry))
        {
            return CancelOutcome.NotWaiting;
        }

        if (entry.HeldBack)
        {
            // The server may hold this session's later messages back until this id comes again, which it never will.
            _effects.Enqueue(new OutboxEffect.Reconnect(HeldByCancelled));
        }

        Remove(entry);
        return entry.Transmitted ? CancelOutcome.MayStillArrive : CancelOutcome.Cancelled;
    }

    /// <summary>Lets go of messages that the server holds and whose id was made before <paramref name="madeBefore"/>: the horizon.</summary>
    public void Forget(DateTimeOffset madeBefore)
    {
        foreach (var entry in _entries.Values.Where(e => e is { State: MessageState.Stored, Queued: false } && e.Id.MadeAt < madeBefore).ToList())
        {
            Remove(entry);
            _effects.Enqueue(new OutboxEffect.LeftAtServer(entry));
        }
    }

    // ---- events from the connection -------------------------------------------------------

    /// <summary>
    /// Welcome has come: everything without msg:A is sent in order, for the rest the status is asked. A server that was
    /// restored from a backup may have lost what it had accepted, so nothing new to a recipient passes what was accepted
    /// before until the status of that is known.
    /// </summary>
    /// <param name="requestsInFlightMax">The server's limit.</param>
    /// <param name="now">Monotonic time.</param>
    public void Connected(int requestsInFlightMax, TimeSpan now)
    {
        Disconnected();
        _connected = true;
        _inFlightMax = Math.Clamp(requestsInFlightMax, 1, _options.InFlightMax);
        _sweep.Begin(now);
        foreach (var entry in _entries.Values)
        {
            if (entry.Queued)
            {
                JoinRound(Lane(entry.To));
            }
            else
            {
                Ask(entry);
                Lane(entry.To).StatusesAwaited++;
            }
        }

        Pump(now);
    }

    /// <summary>The connection has ended; what was in flight is of unknown fate.</summary>
    public void Disconnected()
    {
        _connected = false;
        _inFlight = 0;
        _asked = null;
        _sweep.End();
        _timers.Clear();
        _round.Clear();
        _toAsk.Clear();
        foreach (var lane in _lanes.Values)
        {
            lane.BackToHead();
            lane.HeldUntil = null;
            lane.StatusesAwaited = 0;
            lane.ToAsk.Clear();
            lane.InRound = false;
        }

        foreach (var entry in _entries.Values)
        {
            entry.InFlight = false;
            entry.HeldBack = false;
            entry.Deadline = null;
        }
    }

    /// <summary>msg:A.</summary>
    public void Acknowledged(MessageId id, TimeSpan now)
    {
        if (_entries.TryGetValue(id, out var entry))
        {
            Answered(entry, now);
            Accept(entry, MessageState.Accepted, now);
        }

        Pump(now);
    }

    /// <summary>An Error that answers one msg:R.</summary>
    public void Errored(MessageId id, ErrorCode code, string text, TimeSpan retryAfter, TimeSpan now)
    {
        if (_entries.TryGetValue(id, out var entry))
        {
            Answered(entry, now);
            if (code.Remedy() == ErrorRemedy.RetryLater)
            {
                RetryLater(entry, retryAfter, now);
            }
            else if (entry.Queued || code == ErrorCode.Expired)
            {
                Remove(entry);
                _effects.Enqueue(new OutboxEffect.Refused(entry, code, text));
            }
            else
            {
                // It was accepted before, and a state never falls: a rule that has changed since refuses the resend alone.
                Ask(entry);
            }
        }
        else if (code.Remedy() == ErrorRemedy.RetryLater)
        {
            // It left, cancelled or delivered, while its answer was under way; see Cancel and Accept.
            _effects.Enqueue(new OutboxEffect.Reconnect(HeldByCancelled));
        }

        Pump(now);
    }

    /// <summary>ack:N.</summary>
    public void Reported(IReadOnlyList<MessageId> ids, MessageState state, TimeSpan now)
    {
        foreach (var id in ids)
        {
            if (_entries.TryGetValue(id, out var entry))
            {
                Accept(entry, state, now);
            }
        }

        Pump(now);
    }

    /// <summary>The answer to a status request.</summary>
    public void StatusReported(IReadOnlyList<MessageStatus> statuses, TimeSpan now)
    {
        foreach (var status in statuses)
        {
            if (!_entries.TryGetValue(status.Id, out var entry) || entry.Queued)
            {
                continue;
            }

            if (status.Forgotten)
            {
                Remove(entry);
                _effects.Enqueue(new OutboxEffect.Refused(entry, ErrorCode.Expired, "The server has forgotten this id; its outcome is unknown."));
            }
            else if (status.State == MessageState.Waiting)
            {
                // Restored from a backup, the server does not have it: the same message again, in its place.
                entry.Deadline = null;
                Queue(entry);
            }
            else
            {
                Accept(entry, status.State, now);
            }
        }

        if (_asked is not null)
        {
            foreach (var entry in _asked)
            {
                var lane = Lane(entry.To);
                lane.StatusesAwaited = Math.Max(0, lane.StatusesAwaited - 1);
                JoinRound(lane);
                DropIfIdle(lane);
                if (entry is { Queued: false, State: MessageState.Accepted, Deadline: null } && _entries.ContainsKey(entry.Id))
                {
                    // The answer left it out; its own timer asks again.
                    _timers.Set(entry, now + _options.ConfirmationTimeout);
                }
            }

            _asked = null;
        }

        Pump(now);
    }

    // ---- time -----------------------------------------------------------------------------

    /// <summary>When <see cref="Advance"/> has something to do; null when never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            if (!_connected)
            {
                return null;
            }

            // Without room in flight a due resend waits for an answer, not for the clock.
            var next = _timers.NextLane;
            if (_inFlight < _inFlightMax)
            {
                next = Earlier(next, _timers.NextEntry);
            }

            if (_inFlight > 0)
            {
                next = Earlier(next, _answerAwaitedSince + _options.AnswerTimeout);
            }

            next = Earlier(next, _asked is null ? null : _askedAt + _options.AnswerTimeout);
            return Earlier(next, _sweep.Next);
        }
    }

    /// <summary>Time has passed: resends, ends of holds, questions. Late calls are harmless.</summary>
    public void Advance(TimeSpan now)
    {
        if (!_connected)
        {
            return;
        }

        if (_inFlight > 0 && now >= _answerAwaitedSince + _options.AnswerTimeout)
        {
            _answerAwaitedSince = now;
            _effects.Enqueue(new OutboxEffect.Reconnect($"no answer to a msg:R within {_options.AnswerTimeout.TotalSeconds:0} s"));
            return;
        }

        if (_asked is not null && now >= _askedAt + _options.AnswerTimeout)
        {
            _askedAt = now;
            _effects.Enqueue(new OutboxEffect.Reconnect($"no answer to a status request within {_options.AnswerTimeout.TotalSeconds:0} s"));
            return;
        }

        while (_timers.TryTakeLane(now, out var lane))
        {
            lane.HeldUntil = null;
            lane.BackToHead();
            JoinRound(lane);
            DropIfIdle(lane);
        }

        foreach (var entry in _sweep.Take(_entries.Values, now))
        {
            Ask(entry);
        }

        Pump(now);
    }

    // ---- inside ---------------------------------------------------------------------------

    private OutboxLane Lane(UserId to)
    {
        if (!_lanes.TryGetValue(to, out var lane))
        {
            _lanes.Add(to, lane = new OutboxLane(to));
        }

        return lane;
    }

    private void Queue(OutboxEntry entry)
    {
        var lane = Lane(entry.To);
        lane.Insert(entry);
        JoinRound(lane);
    }

    private void JoinRound(OutboxLane lane)
    {
        if (_connected && !lane.InRound && lane.Open && lane.Next is { Transmitted: true })
        {
            lane.InRound = true;
            _round.Enqueue(lane);
        }
    }

    private void Ask(OutboxEntry entry)
    {
        var lane = Lane(entry.To);
        if (lane.ToAsk.Count == 0)
        {
            _toAsk.Enqueue(lane);
        }

        entry.AskSoon = false;
        lane.ToAsk.Enqueue(entry);
    }

    private void Pump(TimeSpan now)
    {
        if (!_connected)
        {
            return;
        }

        if (!_marking && _unmarked.Count > 0)
        {
            var entries = new List<OutboxEntry>();
            entries.AddRange(_unmarked.Values.Take(MarkedAtOnceMax));
            entries.ForEach(entry => _unmarked.Remove(entry.Number));
            _marking = true;
            _effects.Enqueue(new OutboxEffect.MarkTransmitted(entries));
        }

        if (_asked is null && _toAsk.TryPeek(out var asked))
        {
            AskNext(asked, now);
        }

        while (_inFlight < _inFlightMax && _timers.TryTakeEntry(now, out var due))
        {
            due.Deadline = null;
            due.Attempts++;
            Transmit(due, now);
        }

        while (_inFlight < _inFlightMax && _round.TryDequeue(out var lane))
        {
            lane.InRound = false;
            if (lane.Open && lane.Next is { Transmitted: true } entry)
            {
                lane.Advance();
                Transmit(entry, now);
                JoinRound(lane);
            }

            DropIfIdle(lane);
        }
    }

    private void AskNext(OutboxLane lane, TimeSpan now)
    {
        var entries = new List<OutboxEntry>();
        while (entries.Count < _options.StatusBatchMax && lane.ToAsk.TryDequeue(out var entry))
        {
            entries.Add(entry);
        }

        if (lane.ToAsk.Count == 0)
        {
            _toAsk.Dequeue();
        }

        _asked = entries;
        _askedAt = now;
        _effects.Enqueue(new OutboxEffect.AskStatus(lane.To, entries.ConvertAll(e => e.Id)));
    }

    private void Transmit(OutboxEntry entry, TimeSpan now)
    {
        Invariant.Holds(entry.Transmitted, "a message is marked before it leaves the device");
        if (!entry.InFlight)
        {
            entry.InFlight = true;
            if (_inFlight++ == 0)
            {
                _answerAwaitedSince = now;
            }
        }

        _effects.Enqueue(new OutboxEffect.Transmit(entry));
    }

    private void Answered(OutboxEntry entry, TimeSpan now)
    {
        _answerAwaitedSince = now;
        entry.HeldBack = false;
        if (entry.InFlight)
        {
            entry.InFlight = false;
            _inFlight--;
        }
    }

    private void Accept(OutboxEntry entry, MessageState state, TimeSpan now)
    {
        if (entry is { HeldBack: true, InFlight: false })
        {
            // An older connection's request got through late. The server holds this one's messages until this id comes, which it need not.
            _effects.Enqueue(new OutboxEffect.Reconnect(HeldByAccepted));
        }

        if (state == MessageState.Delivered)
        {
            Remove(entry);
            _effects.Enqueue(new OutboxEffect.Delivered(entry));
            return;
        }

        var wasQueued = entry.Queued;
        if (wasQueued)
        {
            entry.Queued = false;
            entry.HeldBack = false;
            var lane = Lane(entry.To);
            lane.Retries = 0;
            JoinRound(lane);
        }

        if (state > entry.State)
        {
            entry.State = state;
            _effects.Enqueue(new OutboxEffect.StateRaised(entry, state));
            if (state == MessageState.Stored)
            {
                _sweep.Stored(entry, now);
            }
        }

        if (state == MessageState.Stored || (entry.State == MessageState.Stored && !wasQueued))
        {
            // The recipient is away: resending would only wake the server. Its status is asked now and then.
            entry.Deadline = null;
        }
        else if (_connected && entry.Deadline is null)
        {
            _timers.Set(entry, now + (entry.Attempts == 0 ? _options.ConfirmationTimeout : Jitter(_options.ConfirmationTimeout, entry.Attempts)));
        }
    }

    private void RetryLater(OutboxEntry entry, TimeSpan retryAfter, TimeSpan now)
    {
        entry.HeldBack = true;
        if (!entry.Queued)
        {
            _timers.Set(entry, now + Longer(retryAfter, Jitter(_options.RetryBackoff, ++entry.Attempts)));
            return;
        }

        var lane = Lane(entry.To);
        if (lane.Head == entry || lane.HeldUntil is null)
        {
            lane.Retries++;
            _timers.Hold(lane, now + Longer(retryAfter, Jitter(_options.RetryBackoff, lane.Retries)));
        }
    }

    /// <summary>Exponential backoff with full jitter: any time up to the doubled step.</summary>
    private TimeSpan Jitter(TimeSpan step, int attempts)
    {
        var ceiling = Math.Min(_options.BackoffMax.TotalMilliseconds, step.TotalMilliseconds * Math.Pow(2, Math.Min(attempts, 30)));
        return TimeSpan.FromMilliseconds(_random.NextDouble() * ceiling);
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private void Remove(OutboxEntry entry)
    {
        _entries.Remove(entry.Id);
        _unmarked.Remove(entry.Number);
        entry.Deadline = null;
        if (entry.InFlight)
        {
            entry.InFlight = false;
            _inFlight--;
        }

        if (_lanes.TryGetValue(entry.To, out var lane))
        {
            if (entry.Queued)
            {
                lane.Remove(entry);
            }

            JoinRound(lane);
            DropIfIdle(lane);
        }
    }

    private void DropIfIdle(OutboxLane lane)
    {
        if (lane.IsIdle)
        {
            _lanes.Remove(lane.To);
        }
    }

    private static TimeSpan? Earlier(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right ?? left : left;
}

using Hexagram.Delivery.Incoming;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// A client process on a device: the shell around the real <see cref="Outbox"/> and <see cref="Inbox"/>, with a
/// transactional handler. It may die between any two events and starts again from its disk.
/// </summary>
internal sealed class VirtualDevice : IEndpoint
{
    private readonly World _world;
    private readonly IReadOnlyList<VirtualNode> _nodes;
    private readonly VirtualStore _store;
    private readonly History _history;
    private readonly Canary _canary;
    private readonly VirtualDisk _disk = new();
    private readonly Queue<(Epoch Epoch, MessageNotify Message)> _toHandle = new();
    private readonly HashSet<long> _sentBefore = [];
    private readonly Dictionary<UserId, int> _ordinals = [];
    private Outbox _outbox = null!;
    private Inbox _inbox = null!;
    private Link? _link;
    private TimeSpan _diskFree;
    private TimeSpan _hearing;
    private TimeSpan? _alarm;
    private bool _welcomed;
    private bool _handling;
    private int _life;

    internal VirtualDevice(World world, IReadOnlyList<VirtualNode> nodes, VirtualStore store, History history, Canary canary, UserId user, string name)
    {
        _world = world;
        _nodes = nodes;
        _store = store;
        _history = history;
        _canary = canary;
        User = user;
        Device = new DeviceId(name);
    }

    internal UserId User { get; }

    internal DeviceId Device { get; }

    internal string Name => Device.Value;

    internal int Window { get; init; } = 4;

    internal bool IsUp { get; private set; }

    internal bool HasNothingWaiting => IsUp && _disk.Outbox.Count == 0;

    // ---- the process ----------------------------------------------------------------------

    internal void Start()
    {
        if (IsUp)
        {
            return;
        }

        IsUp = true;
        _world.Trace($"{Name} starts");
        _outbox = new Outbox(new OutboxOptions { InFlightMax = 8, StatusBatchMax = 3 }, new Random(_world.Random.Next()));
        _inbox = new Inbox(_disk.Epoch, _disk.Cursor);
        foreach (var saved in _disk.Outbox.Values)
        {
            _outbox.Add(saved.ToEntry(), _world.Now);
        }

        CarryOut();
        Connect();
    }

    internal void Die()
    {
        _world.Trace($"{Name} dies");
        IsUp = false;
        _life++;
        _toHandle.Clear();
        _handling = false;
        _alarm = null;
        _diskFree = _world.Now;
        _hearing = _world.Now;
        Drop();
    }

    /// <summary>Loses the network and finds it again by itself.</summary>
    internal void CutLink()
    {
        _world.Trace($"{Name} is cut off");
        _link?.Cut();
    }

    /// <summary>Opens a second connection while the server still believes in the first.</summary>
    internal void ConnectAnew()
    {
        if (IsUp)
        {
            _link = null;
            _welcomed = false;
            _outbox.Disconnected();
            Connect();
        }
    }

    internal void Send(UserId to)
    {
        if (!IsUp)
        {
            return;
        }

        var ordinal = _ordinals[to] = _ordinals.GetValueOrDefault(to) + 1;
        var message = new Sent(Name, to, ordinal);
        var saved = new SavedMessage(++_disk.Number, NewId(), to, message.Text, MessageState.Waiting, _welcomed);
        Commit(
            () =>
            {
                _disk.Outbox.Add(saved.Number, saved);
                _history.WasSent(message);
                _world.Trace($"{Name} sent {message.Text}");
            },
            () => _outbox.Add(saved.ToEntry(), _world.Now));
    }

    internal void CancelOne()
    {
        if (!IsUp || _outbox.Entries.MaxBy(e => e.Number) is not { } entry || !_disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            return;
        }

        var outcome = _outbox.Cancel(entry.Id);
        var message = _history.All.First(m => m.Text == saved.Text);
        message.MayBeMissing = true;
        _disk.Outbox.Remove(entry.Number);
        message.Cancelled = outcome == CancelOutcome.Cancelled;
        _world.Trace($"{Name} cancels {saved.Text}: {outcome}");
        CarryOut();
    }

    // ---- the network ----------------------------------------------------------------------

    public void Receive(Packet packet)
    {
        if (!IsUp)
        {
            return;
        }

        var now = _world.Now;
        _world.Trace($"{Name} <- {packet}");
        switch (packet)
        {
            case Welcome welcome:
                Welcomed(welcome);
                break;
            case MessageAcknowledge accepted:
                _outbox.Acknowledged(accepted.Id, now);
                break;
            case Error error:
                _outbox.Errored(error.Id, error.Code, error.Text, error.RetryAfter, now);
                break;
            case AckNotify report:
                _outbox.Reported(report.Ids, report.State, now);
                break;
            case StatusAcknowledge status:
                _outbox.StatusReported(status.Statuses, now);
                break;
            case MessageNotify message:
                Notified(message);
                break;
            case Goodbye { Code: ErrorCode.CursorAhead }:
                _history.Fault($"{Name} was told that its cursor is ahead");
                break;
            case AckAcknowledge or Goodbye:
                break;
            default:
                throw new InvalidOperationException($"A client does not expect {packet.GetType().Name}.");
        }

        CarryOut();
    }

    public void Closed()
    {
        if (IsUp)
        {
            Reconnect();
        }
    }

    private void Connect()
    {
        Later(_world.Between(10, 1_500), () =>
        {
            var up = _nodes.Where(n => n.IsUp).ToList();
            if (up.Count == 0)
            {
                Connect();
                return;
            }

            // A second attempt may overtake the first; the last one is the connection.
            _welcomed = false;
            _outbox.Disconnected();
            var node = up[_world.Random.Next(up.Count)];
            var end = new LinkEnd(this);
            _link = new Link(_world, end);
            end.Link = _link;
            node.Accept(_link);
            _disk.Connection++;
            _link.SendUp(new Hello(User.Value, Device, new ConnectionNumber(_disk.Connection), _inbox.Epoch, _inbox.Cursor, Window, 1_000, StreamStart.Oldest, "simulation"));
        });
    }

    private void Reconnect()
    {
        Drop();
        _outbox.Disconnected();
        Connect();
    }

    private void Drop()
    {
        var link = _link;
        _link = null;
        _welcomed = false;
        link?.Cut();
    }

    private void Welcomed(Welcome welcome)
    {
        if (_canary == Canary.EpochIgnored && _inbox.Epoch != Epoch.None && welcome.Epoch != _inbox.Epoch)
        {
            _inbox = new Inbox(welcome.Epoch, _inbox.Cursor);
            _disk.Epoch = welcome.Epoch;
        }
        else
        {
            var step = _inbox.Welcomed(welcome.Epoch, welcome.ResumeAfter);
            if (step.Adopt is { } position)
            {
                _toHandle.Clear();
                _disk.Epoch = position.Epoch;
                _disk.Cursor = position.Cursor;
            }

            if (step.Gap is { } gap)
            {
                _history.Fault($"lost: {Name} was told that {gap.From} to {gap.To} are gone");
            }
        }

        _welcomed = true;
        _outbox.Connected(welcome.Limits.RequestsInFlightMax, _world.Now);
    }

    // ---- receiving ------------------------------------------------------------------------

    private void Notified(MessageNotify message)
    {
        switch (_inbox.Notified(message.Sequence))
        {
            case InboxDecision.Take:
                _toHandle.Enqueue((_inbox.Epoch, message));
                if (_canary == Canary.ConfirmBeforeCommit)
                {
                    _link?.SendUp(new AckRequest(_inbox.Epoch, message.Sequence));
                }

                HandleNext();
                break;
            case InboxDecision.ConfirmAgain:
                _link?.SendUp(new AckRequest(_inbox.Epoch, _inbox.Cursor));
                break;
            case InboxDecision.Reconnect:
                Reconnect();
                break;
        }
    }

    private void HandleNext()
    {
        if (_handling || !_toHandle.TryDequeue(out var next))
        {
            return;
        }

        _handling = true;
        // Mostly quick; now and then a handler that outlives its connection, or the server's history.
        Later(_world.Chance(0.05) ? _world.Between(500, 10_000) : _world.Between(0, 40), () => Commit(
            () =>
            {
                if (DiesAt(Loss.RecipientDiesBeforeCommit))
                {
                    return;
                }

                var isNew = _disk.Seen.Add((next.Message.From, next.Message.Id));
                if (isNew || _canary == Canary.SeenSetForgotten)
                {
                    _history.WasHandled(Name, next.Message.Body.Text);
                }

                if (_disk.Epoch == next.Epoch && next.Message.Sequence > _disk.Cursor)
                {
                    _disk.Cursor = next.Message.Sequence;
                }

                _world.Trace($"{Name} handled {next.Message.Sequence} {next.Message.Body.Text} new={isNew}");
            },
            () =>
            {
                if (DiesAt(Loss.RecipientDiesBeforeAckRequest))
                {
                    return;
                }

                if (_inbox.Committed(next.Epoch, next.Message.Sequence) is { } confirmation && _welcomed)
                {
                    _link?.SendUp(confirmation);
                }

                _handling = false;
                HandleNext();
            }));
    }

    private bool DiesAt(Loss point)
    {
        if (!_world.Losses.Strikes(point))
        {
            return false;
        }

        Die();
        _world.After(_world.Between(100, 2_000), Start);
        return true;
    }

    // ---- sending --------------------------------------------------------------------------

    private void CarryOut()
    {
        while (_outbox.TryTakeEffect(out var effect))
        {
            switch (effect)
            {
                case OutboxEffect.Transmit(var entry):
                    Transmit(entry);
                    break;
                case OutboxEffect.MarkTransmitted(var entries):
                    Commit(
                        () =>
                        {
                            foreach (var entry in entries)
                            {
                                Update(entry, saved => saved with { Transmitted = true });
                            }
                        },
                        () => _outbox.Marked(entries, _world.Now));
                    break;
                case OutboxEffect.AskStatus(var to, var ids):
                    _link?.SendUp(new StatusRequest(to, ids));
                    break;
                case OutboxEffect.StateRaised(var entry, var state):
                    Told(entry, state);
                    Update(entry, saved => saved with { State = state });
                    break;
                case OutboxEffect.Delivered(var entry):
                    Told(entry, MessageState.Delivered);
                    Commit(() => _disk.Outbox.Remove(entry.Number), () => { });
                    break;
                case OutboxEffect.Refused(var entry, var code, _):
                    _history.Fault($"lost: {entry.Id} of {Name} was refused with {code}");
                    break;
                case OutboxEffect.Reconnect:
                    Reconnect();
                    break;
            }
        }

        SetAlarm();
    }

    private void Transmit(OutboxEntry entry)
    {
        if (_disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            var resend = !_sentBefore.Add(entry.Number);
            var id = resend && _canary == Canary.IdRemadeOnResend ? NewId() : entry.Id;
            _link?.SendUp(new MessageRequest(id, entry.To, saved.Text));
        }
    }

    private void Told(OutboxEntry entry, MessageState state)
    {
        if (_disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            _history.WasTold(saved.Text, state, _store.WasCommitted(entry.To, entry.Id));
        }
    }

    private void Update(OutboxEntry entry, Func<SavedMessage, SavedMessage> change)
    {
        if (_disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            _disk.Outbox[entry.Number] = change(saved);
        }
    }

    private void SetAlarm()
    {
        if (_outbox.NextDeadline is not { } deadline || deadline == _alarm)
        {
            return;
        }

        _alarm = deadline;
        Later(deadline > _world.Now ? deadline - _world.Now : TimeSpan.Zero, () =>
        {
            if (_alarm == deadline)
            {
                _alarm = null;
                _outbox.Advance(_world.Now);
                CarryOut();
            }
        });
    }

    /// <summary>A durable write: it happens at one instant or not at all, and the process may die before it hears of it.</summary>
    private void Commit(Action apply, Action then)
    {
        var life = _life;
        _diskFree = (_diskFree > _world.Now ? _diskFree : _world.Now) + _world.Between(0, 5);
        Later(_diskFree - _world.Now, () =>
        {
            apply();
            // Hearing of it takes its time too, in the order of the writes.
            if (life != _life)
            {
                return;
            }

            _hearing = (_hearing > _world.Now ? _hearing : _world.Now) + _world.Between(0, 3);
            Later(_hearing - _world.Now, () =>
            {
                then();
                if (life == _life)
                {
                    CarryOut();
                }
            });
        });
    }

    private void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        _world.After(delay, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }

    private MessageId NewId() => MessageId.New(_world.WallClock, (ulong)_world.Random.NextInt64(), (ulong)_world.Random.NextInt64());

    /// <summary>Passes on what its link brings for as long as the device believes in that link.</summary>
    private sealed class LinkEnd(VirtualDevice device) : IEndpoint
    {
        internal Link? Link { get; set; }

        public override string ToString() => device.Name;

        public void Receive(Packet packet)
        {
            if (device._link == Link)
            {
                device.Receive(packet);
            }
        }

        public void Closed()
        {
            if (device._link == Link)
            {
                device.Closed();
            }
        }
    }
}

using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>The sending half of a device: the shell around the real <see cref="Outbox"/>.</summary>
internal sealed class VirtualSender(DeviceSurroundings surroundings, VirtualDevice device)
{
    private readonly World _world = surroundings.World;
    private readonly HashSet<long> _sentBefore = [];
    private Outbox _outbox = null!;
    private TimeSpan? _alarm;
    private int _calls;

    /// <summary>A call has not returned yet.</summary>
    internal bool IsCalled => _calls > 0;

    private VirtualDisk Disk => device.Disk;

    internal void Start()
    {
        _alarm = null;
        _calls = 0;
        _outbox = new Outbox(new OutboxOptions { InFlightMax = 8, StatusBatchMax = 3 }, device.Dice);
        foreach (var saved in Disk.Outbox.Values)
        {
            var isRemade = surroundings.Canary == Canary.IdRemadeAfterRestart && saved.State == MessageState.Waiting;
            var message = isRemade ? saved with { Id = NewId() } : saved;
            _outbox.Add(message.ToEntry(), _world.Now);
        }

        if (surroundings.Canary == Canary.IdRemadeAfterRestart)
        {
            foreach (var entry in _outbox.Entries)
            {
                Update(entry, saved => saved with { Id = entry.Id });
            }
        }

        CarryOut();
    }

    // ---- the application ------------------------------------------------------------------

    internal void Send(UserId to, int padding)
    {
        var line = surroundings.Ledger.Calling(device.Party, to, padding);
        _calls++;
        // While a connection is up the message is about to leave the device, so it is saved as such with the first write.
        var saved = new SavedMessage(++Disk.Number, NewId(), to, line.Body, MessageState.Waiting, device.IsWelcomed);
        device.Commit(
            () =>
            {
                Disk.Outbox.Add(saved.Number, saved);
                surroundings.Ledger.Sent(line);
                _calls--;
                _world.Trace($"{device.Name} has sent {line.Message} '{line.Body.Text}' {saved.Id}");
            },
            () =>
            {
                _outbox.Add(saved.ToEntry(), _world.Now);
                CarryOut();
            });
    }

    internal void CancelOne()
    {
        if (_outbox.Entries.MaxBy(e => e.Number) is not { } entry || !Disk.Outbox.Remove(entry.Number, out var saved))
        {
            return;
        }

        var outcome = _outbox.Cancel(entry.Id);
        _world.Trace($"{device.Name} cancels '{saved.Body.Text}': {outcome}");
        if (outcome == CancelOutcome.Cancelled)
        {
            _world.Tally.Count(Trouble.Cancelled);
            surroundings.Ledger.CalledOff(saved.Body);
        }
        else
        {
            _world.Tally.Count(Trouble.CancelledTooLate);
            surroundings.Ledger.Excused(saved.Body);
        }

        CarryOut();
    }

    // ---- the connection -------------------------------------------------------------------

    internal void Connected(Welcome welcome)
    {
        _outbox.Forget(device.Clock.Now - device.Clock.Horizon);
        _outbox.Connected(welcome.Limits.RequestsInFlightMax, _world.Now);
        CarryOut();
    }

    internal void Disconnected() => _outbox.Disconnected();

    internal void Received(Packet packet)
    {
        var now = _world.Now;
        switch (packet)
        {
            case MessageAcknowledge accepted:
                if (device.DiesAt(Loss.SenderDiesOnMessageAcknowledge))
                {
                    return;
                }

                _outbox.Acknowledged(accepted.Id, now);
                break;
            case Error error:
                _outbox.Errored(error.Id, error.Code, error.Text, error.RetryAfter, now);
                break;
            case AckNotify { State: MessageState.Stored } report when surroundings.Canary == Canary.StoredTakenForDelivered:
                _outbox.Reported(report.Ids, MessageState.Delivered, now);
                break;
            case AckNotify report:
                if (!_outbox.Entries.Any(entry => entry.Id == report.Ids[0] && entry.State < report.State))
                {
                    _world.Tally.Count(report, Mishap.Doubled);
                }

                _outbox.Reported(report.Ids, report.State, now);
                break;
            case StatusAcknowledge status:
                _outbox.StatusReported(status.Statuses, now);
                break;
            default:
                throw new InvalidOperationException($"A client does not expect {packet.GetType().Name}.");
        }

        CarryOut();
        if (packet is MessageAcknowledge && _world.Losses.Strikes(Loss.SenderBurnsOnMessageAcknowledge))
        {
            // What it was told accepted must arrive all the same.
            _world.Tally.Count(Loss.SenderBurnsOnMessageAcknowledge);
            device.Burn();
        }
    }

    // ---- effects --------------------------------------------------------------------------

    private void CarryOut()
    {
        while (device.IsUp && _outbox.TryTakeEffect(out var effect))
        {
            CarryOut(effect);
        }

        if (device.IsUp)
        {
            SetAlarm();
        }
    }

    private void CarryOut(OutboxEffect effect)
    {
        switch (effect)
        {
            case OutboxEffect.Transmit(var entry):
                Transmit(entry);
                break;
            case OutboxEffect.MarkTransmitted(var entries):
                Mark(entries);
                break;
            case OutboxEffect.AskStatus(var to, var ids):
                device.Transmit(new StatusRequest(to, ids));
                break;
            case OutboxEffect.StateRaised(var entry, var state):
                Told(entry, state);
                Update(entry, saved => saved with { State = state });
                break;
            case OutboxEffect.Delivered(var entry):
                Told(entry, MessageState.Delivered);
                device.Commit(() => Disk.Outbox.Remove(entry.Number), () => { });
                break;
            case OutboxEffect.Refused(var entry, var code, _):
                Refused(entry, code);
                break;
            case OutboxEffect.LeftAtServer(var entry):
                _world.Tally.Count(Trouble.LeftAtServer);
                if (Disk.Outbox.Remove(entry.Number, out var left))
                {
                    surroundings.Ledger.LetGo(left.Body);
                }

                break;
            case OutboxEffect.Reconnect:
                device.Reconnect();
                break;
        }
    }

    private void Transmit(OutboxEntry entry)
    {
        if (!Disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            return;
        }

        var isResend = !_sentBefore.Add(entry.Number);
        var request = new MessageRequest(isResend && surroundings.Canary == Canary.IdRemadeOnResend ? NewId() : entry.Id, entry.To, saved.Body);
        if (isResend)
        {
            _world.Tally.Count(request, Mishap.Doubled);
            if (saved.State > MessageState.Waiting && surroundings.Store.Status(entry.To, device.User, entry.Id).State == MessageState.Waiting)
            {
                _world.Tally.Count(Trouble.SentAgainAfterRestore);
            }
        }

        device.Transmit(request);
        device.DiesAt(Loss.SenderDiesAfterMessageRequest);
    }

    /// <summary>Durably: these may have left the device. Ids that the server would refuse are made anew, now or never.</summary>
    private void Mark(IReadOnlyList<OutboxEntry> entries)
    {
        if (device.DiesAt(Loss.SenderDiesBeforeMark))
        {
            return;
        }

        var ids = entries.Select(entry => device.Clock.Accepts(entry.Id) ? entry.Id : NewId()).ToList();
        device.Commit(
            () =>
            {
                for (var n = 0; n < entries.Count; n++)
                {
                    Update(entries[n], saved => saved with { Transmitted = true, Id = ids[n] });
                }

                device.DiesAt(Loss.SenderDiesAfterMark);
            },
            () =>
            {
                for (var n = 0; n < entries.Count; n++)
                {
                    if (entries[n].Id != ids[n])
                    {
                        _world.Tally.Count(Trouble.IdRemadeBeforeTransmission);
                        _outbox.Remake(entries[n], ids[n]);
                    }
                }

                _outbox.Marked(entries, _world.Now);
                CarryOut();
            });
    }

    private void Told(OutboxEntry entry, MessageState state)
    {
        if (Disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            surroundings.Ledger.Told(saved.Body, state);
        }
    }

    private void Refused(OutboxEntry entry, ErrorCode code)
    {
        if (!Disk.Outbox.Remove(entry.Number, out var saved))
        {
            return;
        }

        if (code != ErrorCode.Expired)
        {
            surroundings.Ledger.Odd($"{device.Name} was refused '{saved.Body.Text}': {code}");
            return;
        }

        _world.Trace($"{device.Name} is told that '{saved.Body.Text}' is expired");
        _world.Tally.Count(Trouble.Expired);
        surroundings.Ledger.LetGo(saved.Body);
        if (entry.State < MessageState.Accepted)
        {
            // Its outcome is unknown; what was accepted must have arrived.
            surroundings.Ledger.Excused(saved.Body);
        }
    }

    private void Update(OutboxEntry entry, Func<SavedMessage, SavedMessage> change)
    {
        if (Disk.Outbox.TryGetValue(entry.Number, out var saved))
        {
            Disk.Outbox[entry.Number] = change(saved);
        }
    }

    private void SetAlarm()
    {
        if (_outbox.NextDeadline is not { } deadline || deadline == _alarm)
        {
            return;
        }

        _alarm = deadline;
        device.Later(deadline > _world.Now ? deadline - _world.Now : TimeSpan.Zero, () =>
        {
            if (_alarm == deadline)
            {
                _alarm = null;
                _outbox.Advance(_world.Now);
                CarryOut();
            }
        });
    }

    private MessageId NewId() => MessageId.New(device.Clock.Now, (ulong)device.Dice.NextInt64(), (ulong)device.Dice.NextInt64());
}

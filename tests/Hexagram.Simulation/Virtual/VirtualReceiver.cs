using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>The receiving half of a device: the shell around the real <see cref="Inbox"/>, with a transactional handler.</summary>
internal sealed class VirtualReceiver(DeviceSurroundings surroundings, VirtualDevice device)
{
    private readonly World _world = surroundings.World;
    private readonly Queue<Item> _toHandle = new();
    private readonly HashSet<MessageId> _notified = [];
    private Inbox _inbox = new(Epoch.None, Sequence.None);
    private AckRequest? _confirmed;
    private bool _handling;

    /// <summary>What Hello says.</summary>
    internal Epoch Epoch => _inbox.Epoch;

    /// <summary>What Hello says.</summary>
    internal Sequence Cursor => _inbox.Cursor;

    private VirtualDisk Disk => device.Disk;

    private bool TakesWhatComes => surroundings.Canary is Canary.LiveBeforeBacklog or Canary.CursorSkipsHole;

    internal void Start() => _inbox = new Inbox(Disk.Epoch, Disk.Cursor);

    internal void Stop()
    {
        _toHandle.Clear();
        _handling = false;
    }

    /// <returns>False when the process died over it.</returns>
    internal bool Welcomed(Welcome welcome)
    {
        if (surroundings.Canary == Canary.EpochIgnored && _inbox.Epoch != Epoch.None && welcome.Epoch != _inbox.Epoch)
        {
            _inbox = new Inbox(welcome.Epoch, _inbox.Cursor);
            Disk.Epoch = welcome.Epoch;
            return true;
        }

        var step = _inbox.Welcomed(welcome.Epoch, welcome.ResumeAfter);
        if (step.Adopt is { } position)
        {
            _toHandle.Clear();
            if (device.DiesAt(Loss.RecipientDiesBeforeAdopting))
            {
                return false;
            }

            Disk.LooksForSeen |= Disk.Epoch != Epoch.None;
            if (Disk.Epoch != Epoch.None)
            {
                // What is gone of the new history under numbers that it had in the old one, no gap tells it of.
                surroundings.Ledger.ExcuseUpTo(device.Party, welcome.Epoch, welcome.FirstAvailable.Previous);
            }

            Disk.Epoch = position.Epoch;
            Disk.Cursor = position.Cursor;
        }

        if (step.Gap is { } gap)
        {
            _world.Trace($"{device.Name} is told that {gap.From} to {gap.To} are gone");
            _toHandle.Enqueue(new Item(gap.Epoch, gap.To, null));
            HandleNext();
        }

        return true;
    }

    internal void Notified(MessageNotify message)
    {
        if (message.Redelivered || !_notified.Add(message.Id))
        {
            _world.Tally.Count(message, Mishap.Doubled);
        }

        var decision = _inbox.Notified(message.Sequence);
        if (decision == InboxDecision.Reconnect && TakesWhatComes)
        {
            _inbox = new Inbox(_inbox.Epoch, message.Sequence.Previous);
            decision = _inbox.Notified(message.Sequence);
        }

        switch (decision)
        {
            case InboxDecision.Take:
                _toHandle.Enqueue(new Item(_inbox.Epoch, message.Sequence, message));
                if (surroundings.Canary == Canary.ConfirmBeforeCommit)
                {
                    device.Transmit(new AckRequest(_inbox.Epoch, message.Sequence));
                }

                HandleNext();
                break;
            case InboxDecision.ConfirmAgain:
                Confirm(new AckRequest(_inbox.Epoch, _inbox.Cursor));
                break;
            case InboxDecision.Reconnect:
                if (_world.Losses.CutsTheConnection)
                {
                    // A stream that loses nothing in its middle brings no hole.
                    surroundings.Ledger.Odd($"{device.Name} was notified of {message.Sequence}, and {_inbox.Received.Next} is next");
                }

                device.Reconnect();
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
        var isSlow = device.Habits.HasSlowHandler && device.Dice.Chance(0.05);
        device.Later(isSlow ? device.Dice.Between(500, 10_000) : device.Dice.Between(0, 40), () => device.Commit(
            () => Commit(next),
            () => Committed(next)));
    }

    private void Commit(Item item)
    {
        if (device.DiesAt(Loss.RecipientDiesBeforeCommit))
        {
            return;
        }

        if (item.Message is { } message)
        {
            var isNew = !HasSeen(message);
            Disk.Seen.Add((message.From, message.Id));
            if (isNew)
            {
                surroundings.Ledger.Handled(device.Party, message.Body);
            }
            else
            {
                _world.Tally.Count(Trouble.SeenBeforeTheRestore);
            }

            _world.Trace($"{device.Name} handled {message.Sequence} '{message.Body.Text}' new={isNew}");
        }
        else
        {
            _world.Tally.Count(Trouble.GapTold);
            surroundings.Ledger.ExcuseUpTo(device.Party, item.Epoch, item.UpTo);
        }

        if (Disk.Epoch == item.Epoch && item.UpTo > Disk.Cursor)
        {
            Disk.Cursor = item.UpTo;
        }
    }

    private bool HasSeen(MessageNotify message) => Disk.LooksForSeen
        && surroundings.Canary != Canary.SeenSetForgotten
        && Disk.Seen.Contains((message.From, message.Id));

    private void Committed(Item item)
    {
        if (device.DiesAt(Loss.RecipientDiesBeforeAckRequest))
        {
            return;
        }

        if (_inbox.Committed(item.Epoch, item.UpTo) is { } confirmation)
        {
            if (device.IsWelcomed)
            {
                Confirm(confirmation);
            }
            else
            {
                _world.Tally.Count(Trouble.HandlerOutlivedItsConnection);
            }
        }
        else
        {
            _world.Tally.Count(Trouble.HandlerOutlivedItsHistory);
        }

        _handling = false;
        HandleNext();
    }

    private void Confirm(AckRequest confirmation)
    {
        if (_confirmed is { } before && before.Epoch == confirmation.Epoch && before.UpTo >= confirmation.UpTo)
        {
            _world.Tally.Count(confirmation, Mishap.Doubled);
        }

        _confirmed = confirmation;
        device.Transmit(confirmation);
    }

    /// <summary>What waits for the handler: a message, or a gap.</summary>
    private readonly record struct Item(Epoch Epoch, Sequence UpTo, MessageNotify? Message);
}

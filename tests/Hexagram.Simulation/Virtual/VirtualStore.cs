using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;
using Hexagram.Storage.Conformance.Model;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// The storage contract over the model that every real store is compared with: what is committed survives, what is not is gone, and a
/// commit is one instant. Confirmations are not synced: with the machine those since the last commit are gone.
/// </summary>
internal sealed class VirtualStore(World world, Ledger ledger, Canary canary, StoreHabits habits)
{
    private readonly Dice _dice = world.Dice.Fork(1);
    private readonly List<PendingAppend> _pending = [];
    private readonly List<Action> _unsynced = [];
    private StoreImage _image = new([], [new Epoch(1)]);
    private StoreImage? _backup;
    private ulong _epochs = 1;
    private bool _committing;

    internal Epoch Epoch => _image.Epochs[^1];

    internal int Restores { get; private set; }

    /// <summary>The next sync fails: the batch is on disk or not, nobody is told, and every process that uses the store ends.</summary>
    internal bool SyncFails { get; set; }

    /// <summary>Called when a sync has failed.</summary>
    internal Action Failed { get; set; } = () => { };

    internal ForgettingPolicy Forgetting => habits.Forgetting;

    private int Ordinal => _image.Epochs.Count - 1;

    // ---- appending ------------------------------------------------------------------------

    internal void Append(VirtualNode owner, AppendItem item, Action<AppendResult> answer)
    {
        var mailbox = Mailbox(item.To);
        var append = new PendingAppend(owner, item, answer, mailbox.Status(item.From, item.Id).State != MessageState.Waiting);
        if (canary is Canary.AcceptedBeforeSync or Canary.VisibleBeforeSync && Foresee(append) is { Outcome: AppendOutcome.New } early)
        {
            append = append with { ToldEarly = canary == Canary.AcceptedBeforeSync };
            if (append.ToldEarly)
            {
                answer(early);
            }
            else
            {
                owner.Router.Notify(owner, item.To, new Entry(early.Sequence, item.Id, item.From, world.WallClock, item.Body), again: false);
            }
        }

        _pending.Add(append);
        BeginCommit();
    }

    /// <summary>What will become of an append if what waits before it is committed and nothing fails.</summary>
    private AppendResult Foresee(PendingAppend append)
    {
        var mailbox = Mailbox(append.Item.To).Copy();
        var held = new HashSet<AppendLane>();
        var result = AppendResult.RetryLater(ErrorCode.MailboxFull);
        foreach (var (_, item, _, _, _) in _pending.Where(before => before.Item.To == append.Item.To && !before.Owner.IsFrozen).Append(append))
        {
            if (!held.Contains(item.Lane) && item.Lane.Holds(item.To, item.Id) == ErrorCode.None)
            {
                result = mailbox.Append(item, world.WallClock, Ordinal, static () => true);
            }
            else
            {
                result = AppendResult.RetryLater(ErrorCode.MailboxFull);
            }

            if (result.Outcome == AppendOutcome.RetryLater)
            {
                held.Add(item.Lane);
            }
        }

        return result;
    }

    /// <summary>A node has died: what it had not committed is gone.</summary>
    internal void Drop(VirtualNode owner) => _pending.RemoveAll(append => append.Owner == owner);

    /// <summary>A node runs on after a stop.</summary>
    internal void Continue() => BeginCommit();

    private void BeginCommit()
    {
        if (_committing || _pending.Count == 0)
        {
            return;
        }

        _committing = true;
        // Mostly a quick sync; now and then a disk that stalls, so that a resend meets its original on the way.
        var stalls = habits.IsSlow && _dice.Chance(0.03);
        if (stalls)
        {
            world.Tally.Count(Trouble.DiskStalled);
        }

        world.After(stalls ? _dice.Between(300, 4_000) : _dice.Between(1, 8), Commit);
    }

    private void Commit()
    {
        _committing = false;
        if (_pending.Count > 0 && world.Losses.Strikes(Loss.ServerDiesBeforeCommit))
        {
            _pending[0].Owner.DieOf(Loss.ServerDiesBeforeCommit);
        }

        // What a stopped process has not handed to its disk waits with it.
        var batch = _pending.FindAll(append => !append.Owner.IsFrozen);
        _pending.RemoveAll(append => !append.Owner.IsFrozen);
        if (batch.Count == 0)
        {
            return;
        }

        if (SyncFails)
        {
            FailSync(batch);
            return;
        }

        foreach (var append in batch)
        {
            var result = Decide(append);
            world.Trace($"{append.Owner.Name} commits {append.Item.Id} to {append.Item.To}: {result.Outcome} {result.Code} {result.Sequence}");
            if (!append.ToldEarly || result.Outcome != AppendOutcome.New)
            {
                // The process may die between the commit and each thing that it says about it.
                append.Owner.Later(_dice.Between(0, 5), () => append.Answer(result));
            }
        }

        _unsynced.Clear();
        if (world.Losses.Strikes(Loss.ServerDiesAfterCommit))
        {
            batch[0].Owner.DieOf(Loss.ServerDiesAfterCommit);
        }
    }

    private void FailSync(List<PendingAppend> batch)
    {
        SyncFails = false;
        world.Trace($"the sync fails");
        world.Tally.Count(Trouble.SyncFailed);
        if (_dice.Chance(0.5))
        {
            batch.ForEach(append => Decide(append));
        }

        _pending.Clear();
        Failed();
    }

    private AppendResult Decide(PendingAppend append)
    {
        var (item, lane, mailbox) = (append.Item, append.Item.Lane, Mailbox(append.Item.To));
        var held = lane.Holds(item.To, item.Id);
        if (mailbox.Status(item.From, item.Id).State != MessageState.Waiting && (append.WasKnown || canary != Canary.DeduplicateOutsideCommit))
        {
            // Asked before the lane (PROTOCOL §6): what stands already cannot overtake anything, whatever its lane waits for.
            if (held == ErrorCode.None)
            {
                lane.Release(item.To);
            }

            return mailbox.Append(item, world.WallClock, Ordinal, static () => true);
        }

        if (held != ErrorCode.None && canary != Canary.RetryLaterOvertaken)
        {
            world.Tally.Count(Trouble.HeldBehindRetryLater);
            return AppendResult.RetryLater(held);
        }

        var result = Put(mailbox, item);
        if (result.Outcome == AppendOutcome.RetryLater)
        {
            world.Tally.Count(result.Code == ErrorCode.MailboxFull ? Trouble.MailboxFull : Trouble.SenderQuota);
            return AppendResult.RetryLater(lane.Hold(item.To, item.Id, result.Code));
        }

        lane.Release(item.To);
        return result;
    }

    private AppendResult Put(ModelMailbox mailbox, AppendItem item)
    {
        var result = canary switch
        {
            Canary.DeduplicateOutsideCommit => mailbox.Add(item, world.WallClock, Ordinal),
            Canary.ExpiredAppended when mailbox.Status(item.From, item.Id).Forgotten => mailbox.Add(item, world.WallClock, Ordinal),
            _ => mailbox.Append(item, world.WallClock, Ordinal, static () => true),
        };
        if (result.Outcome == AppendOutcome.New)
        {
            ledger.Kept(item.Body, Epoch, result.Sequence);
        }

        return result;
    }

    // ---- devices --------------------------------------------------------------------------

    internal DeviceOpening Open(DeviceHello hello)
    {
        var mailbox = Mailbox(hello.Mailbox);
        var isKnown = mailbox.Devices.ContainsKey(hello.Device.Value);
        if (canary == Canary.StartCountedAsConfirmed && !isKnown && hello is { Start: StreamStart.Latest } && hello.Epoch == Epoch.None)
        {
            hello = hello with { Epoch = Epoch, Cursor = mailbox.Position.Last, Start = StreamStart.Oldest };
        }

        var ordinal = hello.Epoch == Epoch.None ? (int?)null : _image.Epochs.IndexOf(hello.Epoch);
        return Undoable(mailbox, hello.Device, isKnown, () => mailbox.Open(hello, ordinal, Ordinal, world.WallClock), opening => opening.NewlyDelivered);
    }

    internal Confirmation Confirm(UserId user, DeviceId device, Epoch epoch, Sequence upTo)
    {
        var mailbox = Mailbox(user);
        return Undoable(
            mailbox,
            device,
            isKnown: true,
            () => mailbox.Confirm(device, epoch == Epoch, upTo.Value, world.WallClock),
            confirmation => confirmation.NewlyDelivered);
    }

    /// <summary>The machine has lost its power: what was confirmed since the last sync is gone.</summary>
    internal void LosePower()
    {
        world.Tally.Count(Trouble.PowerLost);
        _pending.Clear();
        for (var n = _unsynced.Count - 1; n >= 0; n--)
        {
            world.Tally.Count(Trouble.ConfirmationsUndone);
            _unsynced[n]();
        }

        _unsynced.Clear();
    }

    private T Undoable<T>(ModelMailbox mailbox, DeviceId device, bool isKnown, Func<T> act, Func<T, IReadOnlyList<DeliveredMessage>> newly)
    {
        if (!isKnown)
        {
            // A new device's record is synced, and all before it with it.
            _unsynced.Clear();
            return act();
        }

        var known = mailbox.Devices.GetValueOrDefault(device.Value);
        var (start, cursor) = (known?.Start ?? 0, known?.Cursor ?? 0);
        var result = act();
        if (known is not null && (known.Cursor, known.Start) != (cursor, start))
        {
            var delivered = newly(result);
            _unsynced.Add(() =>
            {
                (known.Start, known.Cursor) = (start, cursor);
                mailbox.Undeliver(delivered);
            });
        }

        return result;
    }

    // ---- reading ----------------------------------------------------------------------------

    internal MailboxPosition Position(UserId user) => Mailbox(user).Position;

    internal IReadOnlyList<Entry> Read(UserId user, Sequence after, int entriesMax, int bytesMax) => Mailbox(user).Read(after, entriesMax, bytesMax);

    internal MessageStatus Status(UserId to, UserId sender, MessageId id) => Mailbox(to).Status(sender, id);

    // ---- time and disasters -----------------------------------------------------------------

    internal void Forget()
    {
        foreach (var mailbox in _image.Mailboxes.Values)
        {
            if (canary == Canary.UnconfirmedForgotten)
            {
                mailbox.Deliver(world.WallClock - Forgetting.Retention);
            }

            var (entries, ids) = mailbox.Forget(world.WallClock);
            world.Tally.Count(Trouble.EntriesForgotten, entries);
            world.Tally.Count(Trouble.IdsForgotten, ids);
        }

        _unsynced.Clear();
    }

    internal void Backup() => _backup = _image.Copy();

    /// <summary>The disk is gone and an older copy takes its place, as a new history.</summary>
    internal void Restore()
    {
        world.Trace($"the store is restored from the backup");
        world.Tally.Count(Restores++ == 0 ? Trouble.Restored : Trouble.RestoredTwice);
        _pending.Clear();
        _unsynced.Clear();
        var before = Epoch;
        _image = _backup!.Copy();
        _image.Epochs.Add(new Epoch(++_epochs));
        ledger.Restored(before, Epoch, user => Position(user).Last);
    }

    private ModelMailbox Mailbox(UserId user)
    {
        if (!_image.Mailboxes.TryGetValue(user, out var mailbox))
        {
            _image.Mailboxes.Add(user, mailbox = new ModelMailbox(habits.Limits, habits.Forgetting));
        }

        return mailbox;
    }

    /// <summary>All that is on the disk.</summary>
    private sealed record StoreImage(Dictionary<UserId, ModelMailbox> Mailboxes, List<Epoch> Epochs)
    {
        internal StoreImage Copy() => new(Mailboxes.ToDictionary(one => one.Key, one => one.Value.Copy()), [.. Epochs]);
    }

    private sealed record PendingAppend(VirtualNode Owner, AppendItem Item, Action<AppendResult> Answer, bool WasKnown, bool ToldEarly = false);
}

/// <summary>What a store allows, and how its disk is.</summary>
/// <param name="Limits">The limits of a mailbox.</param>
/// <param name="Forgetting">When it may forget.</param>
/// <param name="IsSlow">Its disk stalls now and then.</param>
internal sealed record StoreHabits(MailboxLimits Limits, ForgettingPolicy Forgetting, bool IsSlow);

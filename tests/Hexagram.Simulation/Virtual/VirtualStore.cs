using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// The storage contract as a model: what is committed survives, what is not is gone, and a commit is one instant.
/// Restoring an older copy begins a new epoch.
/// </summary>
internal sealed class VirtualStore(World world, Canary canary, int unconfirmedMax)
{
    private Dictionary<UserId, VirtualMailbox> _mailboxes = [];
    private Dictionary<UserId, VirtualMailbox> _backup = [];
    private readonly HashSet<(UserId To, MessageId Id)> _everCommitted = [];
    private readonly List<(VirtualNode Owner, AppendItem Item, Action<AppendResult> Answer, bool Duplicate)> _pending = [];
    private readonly List<Epoch> _histories = [new Epoch(1)];
    private bool _committing;

    internal Epoch Epoch => _histories[^1];

    internal int Restores { get; private set; }

    /// <summary>Whether a message is on disk now, or was before a restore.</summary>
    internal bool WasCommitted(UserId to, MessageId id) => _everCommitted.Contains((to, id));

    internal VirtualMailbox Mailbox(UserId user)
    {
        if (!_mailboxes.TryGetValue(user, out var mailbox))
        {
            _mailboxes.Add(user, mailbox = new VirtualMailbox(_histories));
        }

        return mailbox;
    }

    internal void Append(VirtualNode owner, AppendItem item, Action<AppendResult> answer)
    {
        var duplicate = Mailbox(item.To).Find(item.From, item.Id) is not null;
        _pending.Add((owner, item, answer, duplicate));
        if (canary == Canary.AcceptedBeforeSync && !duplicate)
        {
            answer(new AppendResult(AppendOutcome.New, ErrorCode.None, new Sequence(Mailbox(item.To).Last.Value + 1), world.WallClock, false));
        }

        if (!_committing)
        {
            _committing = true;
            // Mostly a quick sync; now and then a disk that stalls, so that a resend meets its original on the way.
            world.After(world.Chance(0.03) ? world.Between(300, 4_000) : world.Between(1, 8), Commit);
        }
    }

    /// <summary>A node has died: what it had not committed is gone.</summary>
    internal void Forget(VirtualNode owner) => _pending.RemoveAll(p => p.Owner == owner);

    internal Confirmation Confirm(UserId user, DeviceId device, Epoch epoch, Sequence upTo) =>
        Mailbox(user).Confirm(device, epoch == Epoch ? upTo : Sequence.None);

    internal DeviceOpening Open(DeviceHello hello) => Mailbox(hello.Mailbox).Open(hello, Epoch);

    internal void Backup() => _backup = _mailboxes.ToDictionary(m => m.Key, m => m.Value.Copy());

    internal void Restore()
    {
        world.Trace($"store restored from the backup");
        Restores++;
        _pending.Clear();
        _mailboxes = _backup.ToDictionary(m => m.Key, m => m.Value.Copy());
        var next = new Epoch(Epoch.Value + 1);
        foreach (var mailbox in _mailboxes.Values)
        {
            mailbox.BeginEpoch(next);
        }

        _histories.Add(next);
    }

    private void Commit()
    {
        _committing = false;
        var batch = _pending.ToList();
        _pending.Clear();
        foreach (var (owner, item, answer, duplicate) in batch)
        {
            var result = Decide(item, duplicate);
            if (canary == Canary.AcceptedBeforeSync && result.Outcome == AppendOutcome.New)
            {
                continue;
            }

            // The process may die between the commit and what it says about it.
            owner.Later(world.Between(0, 5), () => answer(result));
        }
    }

    private AppendResult Decide(AppendItem item, bool duplicateWhenAsked)
    {
        var held = canary == Canary.RetryLaterOvertaken ? ErrorCode.None : item.Lane.Holds(item.To, item.Id);
        if (held != ErrorCode.None)
        {
            return AppendResult.RetryLater(held);
        }

        var mailbox = Mailbox(item.To);
        var found = canary == Canary.DeduplicateOutsideCommit && !duplicateWhenAsked ? null : mailbox.Find(item.From, item.Id);
        if (found is null && mailbox.Unconfirmed >= unconfirmedMax)
        {
            item.Lane.Hold(item.To, item.Id, ErrorCode.MailboxFull);
            return AppendResult.RetryLater(ErrorCode.MailboxFull);
        }

        item.Lane.Release(item.To);
        if (found is not null)
        {
            return new AppendResult(AppendOutcome.Duplicate, ErrorCode.None, found.Sequence, found.AcceptedAt, mailbox.IsDelivered(found.Sequence));
        }

        var entry = new Entry(mailbox.Last.Next, item.Id, item.From, world.WallClock, item.Body);
        mailbox.Add(entry);
        _everCommitted.Add((item.To, item.Id));
        return new AppendResult(AppendOutcome.New, ErrorCode.None, entry.Sequence, entry.AcceptedAt, false);
    }
}

using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// A mailbox as the writer knows it, including what the batch in hand is about to commit. Guarded by <see cref="Commits.Commit.Gate"/>;
/// nothing of it is shown to anybody, because it runs ahead of the disk.
/// </summary>
internal sealed class MailboxState(UserId mailbox, byte[] prefix, MailboxRecord record)
{
    /// <summary>Whose mailbox.</summary>
    internal UserId Mailbox { get; } = mailbox;

    /// <summary>What all its keys begin with.</summary>
    internal byte[] Prefix { get; } = prefix;

    /// <summary>What is written beyond entries and devices.</summary>
    internal MailboxRecord Record { get; } = record;

    /// <summary>The newest entry, including those of the batch in hand.</summary>
    internal long Last { get; private set; } = record.Last;

    /// <summary>The newest entry on disk: what can be read, and so what can be confirmed.</summary>
    internal long DurableLast { get; set; } = record.Last;

    /// <summary>The oldest entry that can be read.</summary>
    internal long FirstAvailable => Record.FirstAvailable;

    /// <summary>First and last entry on disk.</summary>
    internal MailboxPosition Position => new(new Sequence(FirstAvailable), new Sequence(DurableLast));

    /// <summary>The devices; few, so a list.</summary>
    internal List<DeviceState> Devices { get; } = [];

    /// <summary>What some device has confirmed, where entries are still available.</summary>
    internal IntervalSet Delivered { get; } = new();

    /// <summary>How many available entries no device has confirmed.</summary>
    internal long Unconfirmed { get; private set; }

    /// <summary>Senders and ids of the newest unconfirmed entries.</summary>
    internal HeaderRing Headers { get; } = new();

    /// <summary>The highest ids of those who write here.</summary>
    internal NewestIds NewestIds { get; } = new();

    /// <summary>How many unconfirmed entries each sender has; null while nobody needed to know.</summary>
    internal Dictionary<UserId, int>? UnconfirmedBySender { get; set; }

    /// <summary>The record has changed and goes with the batch in hand.</summary>
    internal bool RecordChanged { get; set; }

    /// <summary>It is among the mailboxes whose changes go with the batch in hand.</summary>
    internal bool InBatch { get; set; }

    /// <summary>The number of the batch with which everything that has been answered about it is written.</summary>
    internal long AnsweredWith { get; set; }

    /// <summary>Where the cache of mailboxes keeps it.</summary>
    internal LinkedListNode<MailboxState>? CacheNode { get; set; }

    /// <summary>There is nothing on disk that cannot be told from a mailbox that never was.</summary>
    internal bool IsAbsent => Last == 0 && Devices.Count == 0;

    /// <summary>Whether some device has confirmed entry <paramref name="sequence"/>. What is forgotten was confirmed.</summary>
    internal bool IsDelivered(long sequence) => sequence < FirstAvailable || Delivered.Contains(sequence);

    /// <summary>Sets up what follows from the record, the devices and the log.</summary>
    internal void Complete(long lastInLog)
    {
        Last = DurableLast = Math.Max(Record.Last, lastInLog);
        Delivered.Add(Record.Retired);
        foreach (var device in Devices)
        {
            Delivered.Add(device.Start, device.Cursor);
        }

        Delivered.DropUpTo(FirstAvailable - 1);
        Unconfirmed = Last - (FirstAvailable - 1) - Delivered.CountWithin(FirstAvailable - 1, Last);
    }

    /// <summary>Numbers one more entry.</summary>
    internal long Append(UserId from, MessageId id)
    {
        Last++;
        Unconfirmed++;
        Headers.Add(Last, from, id);
        if (UnconfirmedBySender is { } counts)
        {
            counts[from] = counts.GetValueOrDefault(from) + 1;
        }

        return Last;
    }

    /// <summary>The device's state, or null when it is not known.</summary>
    internal DeviceState? Find(DeviceId device)
    {
        foreach (var known in Devices)
        {
            if (known.Device == device)
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>
    /// What is gone before the device got to it never counts as confirmed by it: its stream then starts anew before the oldest
    /// entry that is left.
    /// </summary>
    internal void SkipForgotten(DeviceState device)
    {
        if (device.Cursor < FirstAvailable - 1)
        {
            device.Start = device.Cursor = FirstAvailable - 1;
            device.Changed = true;
        }
    }

    /// <summary>Counts entry after entry as delivered; the caller has moved the device's cursor.</summary>
    internal void AddDelivered(long after, long upTo, long newly)
    {
        Delivered.Add(after, upTo);
        Unconfirmed -= newly;
        Headers.DropUpTo(upTo);
    }

    /// <summary>Takes the oldest entries up to <paramref name="upTo"/>, all of them delivered, out of what can be read.</summary>
    internal void ForgetUpTo(long upTo)
    {
        Record.FirstAvailable = upTo + 1;
        Record.Last = Last;
        Delivered.DropUpTo(upTo);
        Record.Retired.DropUpTo(upTo);
        RecordChanged = true;
    }

    /// <summary>
    /// The last entry that this mailbox shares with the history of epoch number <paramref name="ordinal"/> or an earlier one:
    /// the branch point.
    /// </summary>
    internal long LastSharedWith(int ordinal)
    {
        foreach (var branch in Record.Branches)
        {
            if (branch.Ordinal > ordinal)
            {
                return branch.First - 1;
            }
        }

        return Last;
    }
}

/// <summary>A device's place in a mailbox. Guarded as <see cref="MailboxState"/>.</summary>
internal sealed class DeviceState(DeviceId device, long start, long cursor, long seenAt)
{
    internal DeviceId Device { get; } = device;

    internal long Start { get; set; } = start;

    internal long Cursor { get; set; } = cursor;

    /// <summary>When the device was last heard of, in milliseconds since the Unix epoch.</summary>
    internal long SeenAt { get; set; } = seenAt;

    /// <summary>It goes with the batch in hand.</summary>
    internal bool Changed { get; set; }
}

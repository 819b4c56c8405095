using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>Reads mailboxes from the database. Safe from any thread: each call sees one moment of the durable state.</summary>
internal sealed class MailboxReader(Database database)
{
    // The highest key an entry's header can have: only bodies come after it.
    private const long SequenceMax = long.MaxValue;

    // How many mailboxes one look for forgettable ones covers: a walk holds on to memory for as long as it lasts.
    private const int LookedAtMax = 1_000;

    /// <summary>The whole state of a mailbox, empty if it does not exist.</summary>
    internal MailboxState ReadState(UserId mailbox)
    {
        Span<byte> buffer = stackalloc byte[Keys.PrefixBytesMax];
        var prefix = buffer[..Keys.WritePrefix(buffer, mailbox)].ToArray();
        using var scan = database.Scan(Table.Mailboxes);
        var record = new MailboxRecord();
        var stands = scan.Seek(prefix);
        if (stands && scan.Key.SequenceEqual(prefix))
        {
            record = MailboxRecord.Read(scan.Value);
            stands = scan.Next();
        }

        var state = new MailboxState(mailbox, prefix, record);
        for (; stands && Keys.TryReadDevice(scan.Key, prefix, out var device); stands = scan.Next())
        {
            var place = DeviceRecord.Read(scan.Value);
            state.Devices.Add(new DeviceState(device, place.Start, place.Cursor, place.SeenAt));
        }

        // Whatever follows the devices is the mailbox's oldest header, if it has any.
        var any = stands && Keys.TryReadEntry(scan.Key, prefix, out _);
        state.Complete(any ? LastInLog(scan, prefix) : 0);
        return state;
    }

    /// <summary>First and last entry, in a walk over <see cref="Table.Mailboxes"/>.</summary>
    internal static MailboxPosition ReadPosition(Scan scan, ReadOnlySpan<byte> prefix)
    {
        var (first, last) = (1L, 0L);
        if (scan.Seek(prefix) && scan.Key.SequenceEqual(prefix))
        {
            (first, last) = MailboxRecord.ReadRange(scan.Value);
        }

        return new MailboxPosition(new Sequence(first), new Sequence(Math.Max(last, LastInLog(scan, prefix))));
    }

    /// <summary>Entries after <paramref name="after"/>, within the bounds of <see cref="IMailboxStore.ReadAsync"/>.</summary>
    internal MailboxPage ReadPage(UserId mailbox, long after, int entriesMax, int bytesMax)
    {
        Span<byte> prefixBuffer = stackalloc byte[Keys.PrefixBytesMax];
        ReadOnlySpan<byte> prefix = prefixBuffer[..Keys.WritePrefix(prefixBuffer, mailbox)];
        using var scan = database.Scan(Table.Mailboxes);
        var position = ReadPosition(scan, prefix);
        var sequence = Math.Max(after + 1, position.FirstAvailable.Value);
        if (sequence > position.Last.Value)
        {
            return new MailboxPage([], position);
        }

        // All headers first and then all large bodies: each is a run of keys, and one walk sees one moment.
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        var found = new List<FoundEntry>((int)Math.Min(entriesMax, position.Last.Value - sequence + 1));
        var bytes = 0L;
        var stands = scan.Seek(key[..Keys.WriteEntry(key, prefix, sequence)]);
        for (var at = sequence; at <= position.Last.Value && found.Count < entriesMax; at++, stands = scan.Next())
        {
            if (!stands || !Keys.TryReadEntry(scan.Key, prefix, out var number) || number != at)
            {
                throw new InvalidDataException($"Entry {at} of mailbox '{mailbox}' is missing, although the mailbox reaches from {position.FirstAvailable} to {position.Last}.");
            }

            var header = EntryHeader.Read(scan.Value, at, out var body);
            bytes += header.ContentBytes;
            if (found.Count > 0 && bytes > bytesMax)
            {
                break;
            }

            found.Add(new FoundEntry(header, body.IsEmpty ? default(Body?) : BodyRecord.Read(body, at)));
        }

        return new MailboxPage(ReadEntries(scan, prefix, sequence, found), position);
    }

    /// <summary>The record of a message id.</summary>
    internal bool TryReadId(ReadOnlySpan<byte> prefix, UserId sender, MessageId id, out IdRecord record)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        Span<byte> value = stackalloc byte[IdRecord.Bytes];
        var length = database.Read(Table.Ids, key[..Keys.WriteId(key, prefix, sender, id)], value);
        record = length < 0 ? default : IdRecord.Read(value[..length]);
        return length >= 0;
    }

    /// <summary>The highest id of <paramref name="sender"/> in the mailbox, or null when there is none.</summary>
    internal MessageId? HighestIdOf(ReadOnlySpan<byte> prefix, UserId sender)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        var last = key[..Keys.WriteLastId(key, prefix, sender)];
        using var scan = database.Scan(Table.Ids);
        return scan.SeekBack(last) && Keys.TryReadId(scan.Key, last[..^MessageId.Bytes], out var id) ? id : null;
    }

    /// <summary>
    /// Calls <paramref name="take"/> with the header of each entry <c>after &lt; n ≤ upTo</c>, all of which must be there,
    /// until it says false.
    /// </summary>
    internal void ReadHeaders(ReadOnlySpan<byte> prefix, long after, long upTo, HeaderTaker take)
    {
        if (upTo <= after)
        {
            return;
        }

        using var scan = database.Scan(Table.Mailboxes);
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        var stands = scan.Seek(key[..Keys.WriteEntry(key, prefix, after + 1)]);
        for (var sequence = after + 1; sequence <= upTo; sequence++)
        {
            if (!stands || !Keys.TryReadEntry(scan.Key, prefix, out var found) || found != sequence)
            {
                throw new InvalidDataException($"Entry {sequence} of a mailbox is missing, although those around it are there.");
            }

            if (!take(sequence, EntryHeader.Read(scan.Value, sequence, out var body), !body.IsEmpty))
            {
                return;
            }

            if (sequence < upTo)
            {
                stands = scan.Next();
            }
        }
    }

    /// <summary>Where messages of <paramref name="sender"/> stand, in the order asked.</summary>
    internal IReadOnlyList<MessageStatus> ReadStatuses(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids)
    {
        Span<byte> buffer = stackalloc byte[Keys.PrefixBytesMax];
        ReadOnlySpan<byte> prefix = buffer[..Keys.WritePrefix(buffer, mailbox)];
        var found = new long[ids.Count];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = TryReadId(prefix, sender, ids[i], out var record) ? record.Sequence : 0;
        }

        // Read after the ids: a mark that already covers an id which was still found does no harm, the reverse would.
        var state = ReadState(mailbox);
        var statuses = new MessageStatus[found.Length];
        for (var i = 0; i < found.Length; i++)
        {
            statuses[i] = found[i] switch
            {
                0 => new MessageStatus(ids[i], MessageState.Waiting, ids[i].MadeAt.ToUnixTimeMilliseconds() <= state.Record.ForgottenMark),
                var sequence => new MessageStatus(ids[i], state.IsDelivered(sequence) ? MessageState.Delivered : MessageState.Accepted),
            };
        }

        return statuses;
    }

    /// <summary>First and last entry of each mailbox, in the order asked.</summary>
    internal IReadOnlyList<MailboxPosition> ReadPositions(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken)
    {
        Span<byte> buffer = stackalloc byte[Keys.PrefixBytesMax];
        var positions = new MailboxPosition[mailboxes.Count];
        using var scan = database.Scan(Table.Mailboxes);
        for (var i = 0; i < positions.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            positions[i] = ReadPosition(scan, buffer[..Keys.WritePrefix(buffer, mailboxes[i])]);
        }

        return positions;
    }

    /// <summary>The devices of a mailbox, in the order of their ids.</summary>
    internal IReadOnlyList<DevicePosition> ReadDevices(UserId mailbox) =>
    [
        .. ReadState(mailbox).Devices.Select(device => new DevicePosition(
            device.Device,
            new Sequence(device.Start),
            new Sequence(device.Cursor),
            DateTimeOffset.FromUnixTimeMilliseconds(device.SeenAt))),
    ];

    /// <summary>
    /// The next mailboxes from the key <paramref name="from"/> on whose oldest entry or header is old enough to go, and where to look
    /// further; null after the last.
    /// </summary>
    internal (IReadOnlyList<UserId> Mailboxes, byte[]? Next) ReadForgettable(ReadOnlySpan<byte> from, long now, ForgettingPolicy policy)
    {
        var entriesBefore = now - (long)policy.Retention.TotalMilliseconds;
        var headersBefore = now - (long)policy.Horizon.TotalMilliseconds;
        var mailboxes = new List<UserId>();
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        Span<byte> buffer = stackalloc byte[Keys.PrefixBytesMax];
        using var scan = database.Scan(Table.Mailboxes);
        var stands = scan.Seek(from);
        for (var looked = 0; stands && looked < LookedAtMax; looked++)
        {
            var mailbox = Keys.ReadMailbox(scan.Key);
            ReadOnlySpan<byte> prefix = buffer[..Keys.WritePrefix(buffer, mailbox)];
            var available = ReadPosition(scan, prefix).FirstAvailable.Value;
            if (IsOlder(scan, prefix, 0, available - 1, headersBefore) || IsOlder(scan, prefix, available, available, entriesBefore))
            {
                mailboxes.Add(mailbox);
            }

            stands = scan.Seek(key[..Keys.WriteAfterMailbox(key, prefix)]);
        }

        return (mailboxes, stands ? scan.Key.ToArray() : null);

        // Whether the first header that is left from one number to another was accepted at the time or before.
        static bool IsOlder(Scan scan, ReadOnlySpan<byte> prefix, long first, long last, long before)
        {
            Span<byte> key = stackalloc byte[Keys.BytesMax];
            return scan.Seek(key[..Keys.WriteEntry(key, prefix, first)])
                && Keys.TryReadEntry(scan.Key, prefix, out var found)
                && found <= last
                && EntryHeader.Read(scan.Value, found).AcceptedAt <= before;
        }
    }

    private static Entry[] ReadEntries(Scan scan, ReadOnlySpan<byte> prefix, long first, List<FoundEntry> found)
    {
        var entries = new Entry[found.Count];
        var stands = false;
        for (var i = 0; i < entries.Length; i++)
        {
            var (header, sequence) = (found[i].Header, first + i);
            var body = found[i].Body ?? ReadBody(scan, prefix, sequence, ref stands);
            entries[i] = new Entry(new Sequence(sequence), header.Id, header.From, DateTimeOffset.FromUnixTimeMilliseconds(header.AcceptedAt), body);
        }

        return entries;
    }

    /// <summary>Reads a large body: at the next key, once the walk <paramref name="stands"/> among those.</summary>
    private static Body ReadBody(Scan scan, ReadOnlySpan<byte> prefix, long sequence, ref bool stands)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        stands = stands ? scan.Next() : scan.Seek(key[..Keys.WriteBody(key, prefix, sequence)]);
        return stands && Keys.TryReadBody(scan.Key, prefix, out var number) && number == sequence
            ? BodyRecord.Read(scan.Value, sequence)
            : throw new InvalidDataException($"The body of entry {sequence} of a mailbox is missing, although its header is there.");
    }

    private static long LastInLog(Scan scan, ReadOnlySpan<byte> prefix)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        return scan.SeekBack(key[..Keys.WriteEntry(key, prefix, SequenceMax)]) && Keys.TryReadEntry(scan.Key, prefix, out var last) ? last : 0;
    }

    /// <summary>An entry on its way into a page; a large body is still to be read.</summary>
    private readonly record struct FoundEntry(EntryHeader Header, Body? Body);
}

/// <summary>Takes the header of an entry, and whether it holds the entry's body. Says whether to go on.</summary>
internal delegate bool HeaderTaker(long sequence, EntryHeader header, bool holdsBody);

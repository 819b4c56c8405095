using Hexagram.Protocol;
using Hexagram.Storage.Inspecting;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Folders;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Inspecting;

/// <summary>The store in a folder, as it stood when the view was opened; nothing in the folder is changed.</summary>
public sealed class StoreView : IStoreView
{
    private readonly Database _database;
    private readonly MailboxReader _reader;

    private StoreView(Database database, IReadOnlyList<EpochView> epochs) => (_database, _reader, Epochs) = (database, new MailboxReader(database), epochs);

    /// <inheritdoc/>
    public IReadOnlyList<EpochView> Epochs { get; }

    /// <inheritdoc/>
    public ulong Record => _database.LatestSequenceNumber;

    /// <summary>Opens a view of the store in a folder.</summary>
    /// <exception cref="StoreUnavailableException">There is no store, or it cannot be read; the message says what to do.</exception>
    public static StoreView Open(string folder)
    {
        var path = Path.GetFullPath(folder);
        try
        {
            if (FormatFile.Read(path) is null)
            {
                throw new StoreUnavailableException($"There is no mailbox store in '{path}'.");
            }

            var database = SteadyOpening.Open(path);
            try
            {
                return new StoreView(database, ReadEpochs(database));
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or RocksException or InvalidDataException)
        {
            throw new StoreUnavailableException($"The mailbox store in '{path}' cannot be read: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<MailboxView> ListMailboxes(UserId? after)
    {
        var place = after is { } user ? AfterMailbox(user) : [];
        while (NextMailbox(place) is { } mailbox)
        {
            yield return mailbox;
            place = AfterMailbox(mailbox.User);
        }
    }

    /// <inheritdoc/>
    public MailboxView? ReadMailbox(UserId user) => Guarded(() => _reader.ReadState(user) is { IsAbsent: false } state ? ToView(state) : null);

    /// <inheritdoc/>
    public IEnumerable<EntryView> ListEntries(UserId user, Sequence after)
    {
        const int AtATime = 256;
        var state = Guarded(() => _reader.ReadState(user));
        var next = Math.Max(after.Value, state.FirstAvailable - 1);
        while (next < state.Last)
        {
            var upTo = Math.Min(state.Last, next + AtATime);
            var page = Guarded(() => ReadEntries(state, next, upTo));
            foreach (var entry in page)
            {
                yield return entry;
            }

            next = upTo;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<MessageView> Find(MessageId id, UserId? mailbox) => Guarded(() =>
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        id.WriteTo(bytes);
        Span<byte> buffer = stackalloc byte[Keys.PrefixBytesMax];
        ReadOnlySpan<byte> prefix = mailbox is { } one ? buffer[..Keys.WritePrefix(buffer, one)] : [];
        var found = new List<MessageView>();
        using var scan = _database.Scan(Table.Ids);
        for (var stands = scan.Seek(prefix); stands && scan.Key.StartsWith(prefix); stands = scan.Next())
        {
            if (scan.Key.EndsWith(bytes))
            {
                var (user, sender, _) = Keys.ReadId(scan.Key);
                found.Add(ToView(user, sender, id, IdRecord.Read(scan.Value)));
            }
        }

        return found;
    });

    /// <summary>Reads every record of the store, so that what is damaged shows, and counts.</summary>
    /// <exception cref="StoreUnavailableException">A record is damaged, or something is missing.</exception>
    public StoreCount Verify() => Guarded(() =>
    {
        var count = new StoreCount();
        foreach (var mailbox in ListMailboxes(null))
        {
            var available = mailbox.Position.Last.Value - mailbox.Position.FirstAvailable.Value + 1;
            count = new StoreCount(count.Mailboxes + 1, count.Entries + available, count.Unconfirmed + mailbox.Unconfirmed);
        }

        // RocksDB compares each block with its checksum as it reads it.
        foreach (var table in Enum.GetValues<Table>())
        {
            using var scan = _database.Scan(table);
            for (var stands = scan.Seek([]); stands; stands = scan.Next())
            {
                _ = scan.Value.Length;
            }
        }

        return count;
    });

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private static EpochView[] ReadEpochs(Database database) =>
        database.Read(Table.Store, Keys.Epochs) is { } value
            ? [.. EpochsRecord.Read(value).Select(epoch => new EpochView(epoch.Epoch, DateTimeOffset.FromUnixTimeMilliseconds(epoch.BegunAt)))]
            : [];

    private static byte[] AfterMailbox(UserId user)
    {
        Span<byte> prefix = stackalloc byte[Keys.PrefixBytesMax];
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        return key[..Keys.WriteAfterMailbox(key, prefix[..Keys.WritePrefix(prefix, user)])].ToArray();
    }

    private static MailboxView ToView(MailboxState state) => new(
        state.Mailbox,
        state.Position,
        state.Unconfirmed,
        [
            .. state.Devices.Select(device => new DevicePosition(
                device.Device, new Sequence(device.Start), new Sequence(device.Cursor), DateTimeOffset.FromUnixTimeMilliseconds(device.SeenAt))),
        ]);

    private MailboxView? NextMailbox(byte[] place) => Guarded(() =>
    {
        using var scan = _database.Scan(Table.Mailboxes);
        return scan.Seek(place) ? ToView(_reader.ReadState(Keys.ReadMailbox(scan.Key))) : null;
    });

    private List<EntryView> ReadEntries(MailboxState state, long after, long upTo)
    {
        var entries = new List<EntryView>();
        _reader.ReadHeaders(state.Prefix, after, upTo, (sequence, header, _) =>
        {
            entries.Add(new EntryView(
                new Sequence(sequence), header.Id, header.From, DateTimeOffset.FromUnixTimeMilliseconds(header.AcceptedAt), header.ContentBytes, state.IsDelivered(sequence)));
            return true;
        });
        return entries;
    }

    private MessageView ToView(UserId user, UserId sender, MessageId id, IdRecord record)
    {
        var state = _reader.ReadState(user);
        return new MessageView(
            user,
            sender,
            id,
            new Sequence(record.Sequence),
            DateTimeOffset.FromUnixTimeMilliseconds(record.AcceptedAt),
            state.IsDelivered(record.Sequence),
            record.Sequence < state.FirstAvailable,
            [.. state.Devices.Where(device => device.Start < record.Sequence && record.Sequence <= device.Cursor).Select(device => device.Device)]);
    }

    private static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception damage) when (damage is RocksException or InvalidDataException)
        {
            throw new StoreUnavailableException($"The mailbox store is damaged: {damage.Message}", damage);
        }
    }
}

using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// The batch in hand: what it writes, and the state of mailboxes as it will be when the batch has been written. Used anew for every
/// batch. It belongs to the commit thread, but for confirmations of what is in mind: those are decided by whoever brings them, between and
/// during writes, and go with the next batch.
/// </summary>
/// <remarks>Everything but <see cref="Write"/> happens inside <see cref="Gate"/>, so that nobody waits for the disk there but the commit thread itself.</remarks>
internal sealed class Commit(RocksDbStoreOptions options, Database database, TimeProvider time, DiskReserve reserve, List<StampedEpoch> epochs)
    : IDisposable
{
    private readonly RocksBatch _batch = new();
    private readonly MailboxCache _mailboxes = new(new MailboxReader(database), options.MailboxesCachedMax);
    private List<MailboxState> _touched = [];
    private List<MailboxState> _beingWritten = [];
    private readonly Dictionary<PendingId, IdRecord> _pendingIds = [];
    private readonly Dictionary<UserId, SenderRecord> _pendingSenders = [];
    private readonly byte[] _key = new byte[Keys.BytesMax];
    private byte[] _value = new byte[4096];
    private long _number;
    private long _written;

    /// <summary>Guards all state of mailboxes. The commit thread holds it while it decides a batch, not while it writes.</summary>
    internal Lock Gate { get; } = new();

    internal RocksDbStoreOptions Options { get; } = options;

    internal MailboxReader Reader { get; } = new(database);

    /// <summary>The epochs, the oldest first, including one that the batch begins.</summary>
    internal List<StampedEpoch> Epochs { get; } = epochs;

    /// <summary>The epoch that sequences belong to.</summary>
    internal Epoch Epoch => Epochs[^1].Epoch;

    /// <summary>The moment of the batch, in milliseconds since the Unix epoch.</summary>
    internal long Now { get; private set; }

    /// <summary>The batch holds something that must be on the disk before it is answered.</summary>
    internal bool NeedsSync { get; set; }

    /// <summary>Whether the disk's last free space is reached.</summary>
    internal bool IsDiskReserveReached => reserve.IsReached();

    /// <summary>Begins the next batch. What has been confirmed since the last one is in it already.</summary>
    internal void Begin()
    {
        _number++;
        _batch.Clear();
        _pendingIds.Clear();
        _pendingSenders.Clear();
        NeedsSync = false;
        Now = time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    /// <summary>
    /// Decides a confirmation at once if everything that it takes is in mind; null if not, and then it is for the commit thread, which may read. Never waits
    /// for anything: also not for the commit thread, which is about to be free anyway when it decides.
    /// </summary>
    internal Confirmation? TryConfirm(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        if (!Gate.TryEnter())
        {
            return null;
        }

        try
        {
            if (epoch != Epoch || _mailboxes.Peek(mailbox) is not { } state || state.Find(device) is not { } place || !Confirming.NeedsNoReading(state, place, upTo.Value))
            {
                return null;
            }

            Now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var newly = Confirming.MoveCursor(this, state, place, upTo.Value);
            Confirming.MarkSeen(this, state, place);
            state.AnsweredWith = state.InBatch ? _number + 1 : state.AnsweredWith;
            return new Confirmation(new Sequence(place.Cursor), newly);
        }
        finally
        {
            Gate.Exit();
        }
    }

    /// <summary>Whether something of the mailbox may have been answered that cannot be read from the disk yet. Never waits.</summary>
    internal bool MayBeAheadOfDisk(UserId mailbox)
    {
        if (!Gate.TryEnter())
        {
            return true;
        }

        try
        {
            return _mailboxes.Peek(mailbox) is { } state && state.AnsweredWith > _written;
        }
        finally
        {
            Gate.Exit();
        }
    }

    /// <summary>The mailbox as of this point of the batch.</summary>
    internal MailboxState Mailbox(UserId mailbox) => _mailboxes.Get(mailbox);

    /// <summary>Sees to it that what changed in <paramref name="state"/> is written with the batch.</summary>
    internal void Touch(MailboxState state)
    {
        if (!state.InBatch)
        {
            state.InBatch = true;
            _touched.Add(state);
        }
    }

    /// <summary>Looks a message id up, on disk and in the batch. It needs no state of the mailbox, so that none is read for what is refused.</summary>
    internal bool TryFindId(UserId mailbox, UserId sender, MessageId id, out IdRecord record)
    {
        if (_mailboxes.Peek(mailbox) is { } state && state.NewestIds.IsBeyondAll(sender, id))
        {
            record = default;
            return false;
        }

        return (_pendingIds.Count > 0 && _pendingIds.TryGetValue(new PendingId(mailbox, sender, id), out record))
            || Reader.TryReadId(_key.AsSpan(0, Keys.WritePrefix(_key, mailbox)), sender, id, out record);
    }

    /// <summary>The senders of those entries of <paramref name="state"/> that come with this batch.</summary>
    internal IEnumerable<UserId> PendingSendersOf(MailboxState state) =>
        _pendingIds.Keys.Where(pending => pending.Mailbox == state.Mailbox).Select(pending => pending.Sender);

    /// <summary>Appends an entry together with its id.</summary>
    internal IdRecord Append(MailboxState state, AppendItem item, UInt128 fingerprint)
    {
        if (Epochs.Count > 1 && (state.Record.Branches is not [.., var newest] || newest.Ordinal < Epochs.Count - 1))
        {
            // The mailbox's first entry of this epoch: the branch point that a client with an older one goes back to.
            state.Record.Branches.Add(new EpochBranch(Epochs.Count - 1, state.Last + 1));
            state.RecordChanged = true;
        }

        state.NewestIds.Appended(item.From, item.Id, _number, isFirst: state.Last == 0, sender => Reader.HighestIdOf(state.Prefix, sender));
        var record = new IdRecord(state.Append(item.From, item.Id), Now, fingerprint);
        var bytesMax = EntryHeader.BytesMax + BodyRecord.BytesMax(item.Body);
        reserve.Add(bytesMax);
        if (_value.Length < bytesMax)
        {
            _value = new byte[Math.Max(bytesMax, _value.Length * 2)];
        }

        var isSmall = BodyRecord.IsSmall(item.Body);
        var headerBytes = new EntryHeader(item.From, item.Id, Now, item.Body.Content.Length).Write(_value);
        var bodyBytes = isSmall ? BodyRecord.Write(_value.AsSpan(headerBytes), item.Body) : 0;
        Put(Table.Mailboxes, _key.AsSpan(0, Keys.WriteEntry(_key, state.Prefix, record.Sequence)), _value.AsSpan(0, headerBytes + bodyBytes));
        if (!isSmall)
        {
            Put(Table.Mailboxes, _key.AsSpan(0, Keys.WriteBody(_key, state.Prefix, record.Sequence)), _value.AsSpan(0, BodyRecord.Write(_value, item.Body)));
        }

        record.Write(_value);
        Put(Table.Ids, _key.AsSpan(0, Keys.WriteId(_key, state.Prefix, item.From, item.Id)), _value.AsSpan(0, IdRecord.Bytes));
        _pendingIds.Add(new PendingId(item.To, item.From, item.Id), record);
        Touch(state);
        NeedsSync = true;
        return record;
    }

    /// <summary>Counts a mailbox that <paramref name="sender"/> brings into being, unless it has brought as many as it may today.</summary>
    internal bool TryBringMailboxIntoBeing(UserId sender)
    {
        var key = _key.AsSpan(0, Keys.WriteSender(_key, sender));
        if (!_pendingSenders.TryGetValue(sender, out var record))
        {
            Span<byte> read = stackalloc byte[SenderRecord.Bytes];
            var length = database.Read(Table.Store, key, read);
            record = length < 0 ? default : SenderRecord.Read(read[..length]);
        }

        var today = (int)(Now / TimeSpan.MillisecondsPerDay);
        var count = record.Day == today ? record.Count : 0;
        if (count >= Options.Limits.NewMailboxesPerSenderPerDay)
        {
            return false;
        }

        record = new SenderRecord(today, count + 1);
        _pendingSenders[sender] = record;
        Span<byte> value = stackalloc byte[SenderRecord.Bytes];
        record.Write(value);
        Put(Table.Store, key, value);
        return true;
    }

    /// <summary>Adds a record to the batch.</summary>
    internal void Put(Table table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _batch.Put(database.Handle(table), key, value);

    /// <summary>Removes a record with the batch.</summary>
    internal void Delete(Table table, ReadOnlySpan<byte> key) => _batch.Delete(database.Handle(table), key);

    /// <summary>Leaves of an entry only its header, which is what is needed to find its id again.</summary>
    internal void DeleteBody(MailboxState state, long sequence, EntryHeader header, bool isSmall)
    {
        if (isSmall)
        {
            Put(Table.Mailboxes, _key.AsSpan(0, Keys.WriteEntry(_key, state.Prefix, sequence)), _value.AsSpan(0, header.Write(_value)));
        }
        else
        {
            Delete(Table.Mailboxes, _key.AsSpan(0, Keys.WriteBody(_key, state.Prefix, sequence)));
        }
    }

    /// <summary>Removes the oldest header together with its id, and raises the mark below which unknown ids are expired.</summary>
    internal void DeleteHeaderAndId(MailboxState state, long sequence, EntryHeader header)
    {
        Delete(Table.Mailboxes, _key.AsSpan(0, Keys.WriteEntry(_key, state.Prefix, sequence)));
        Delete(Table.Ids, _key.AsSpan(0, Keys.WriteId(_key, state.Prefix, header.From, header.Id)));
        state.Record.FirstKept = sequence + 1;
        state.Record.ForgottenMark = Math.Max(state.Record.ForgottenMark, header.Id.MadeAt.ToUnixTimeMilliseconds());
    }

    /// <summary>Removes a device's record with the batch.</summary>
    internal void DeleteDevice(MailboxState state, DeviceId device)
    {
        Delete(Table.Mailboxes, _key.AsSpan(0, Keys.WriteDevice(_key, state.Prefix, device)));
        Touch(state);
    }

    /// <summary>Everything is decided: puts what has changed into the batch. What changes from now on is of the next.</summary>
    internal void Complete()
    {
        (_touched, _beingWritten) = (_beingWritten, _touched);
        foreach (var state in _beingWritten)
        {
            AddChanges(state);
            state.InBatch = false;
        }
    }

    /// <summary>Writes the batch, if there is anything in it. Outside of <see cref="Gate"/>.</summary>
    internal void Write(IBatchWriter writer)
    {
        if (_batch.Count > 0)
        {
            writer.Write(_batch, NeedsSync);
        }
    }

    /// <summary>The batch is on the disk: from here on its entries can be read, so from here on they can be confirmed.</summary>
    internal void Written()
    {
        foreach (var state in _beingWritten)
        {
            state.DurableLast = state.Last;
        }

        _beingWritten.Clear();
        _written = _number;
        _mailboxes.Trim();
    }

    public void Dispose() => _batch.Dispose();

    private void AddChanges(MailboxState state)
    {
        Span<byte> value = stackalloc byte[DeviceRecord.Bytes];
        foreach (var device in state.Devices)
        {
            if (device.Changed)
            {
                new DeviceRecord(device.Start, device.Cursor, device.SeenAt).Write(value);
                Put(Table.Mailboxes, _key.AsSpan(0, Keys.WriteDevice(_key, state.Prefix, device.Device)), value);
                device.Changed = false;
            }
        }

        if (state.RecordChanged)
        {
            Put(Table.Mailboxes, state.Prefix, state.Record.Write());
            state.RecordChanged = false;
        }
    }

    /// <summary>What de-duplication goes by.</summary>
    private readonly record struct PendingId(UserId Mailbox, UserId Sender, MessageId Id)
    {
        // An id is as good as unique, so it alone spreads well enough.
        public override int GetHashCode() => Id.GetHashCode();
    }
}

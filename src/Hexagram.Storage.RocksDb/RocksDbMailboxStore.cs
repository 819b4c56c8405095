using System.Diagnostics.Metrics;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Commits;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Folders;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb;

/// <summary>
/// The mailbox store in the process: one folder, one RocksDB, one thread that writes. Reads run on the caller's thread and complete at
/// once; what writes is decided by the commit thread in the order of the calls, but for confirmations of what is in mind, which are decided on the caller's
/// thread. Every member may be called from any thread.
/// </summary>
public sealed class RocksDbMailboxStore : IMailboxStore
{
    private readonly StoreFolder _folder;
    private readonly Database _database;
    private readonly MailboxReader _reader;
    private readonly CommitThread _commits;
    private readonly StoreMeter _meter;
    private readonly ReadGate _reads = new();
    private readonly ForgettingPolicy _forgetting;
    private ulong _epoch;
    private int _disposed;

    private RocksDbMailboxStore(StoreFolder folder, Database database, RocksDbStoreOptions options, TimeProvider time, StoreSeams seams)
    {
        (_folder, _database, _reader, _forgetting) = (folder, database, new MailboxReader(database), options.Forgetting);
        if (!folder.IsSetUp)
        {
            // Before the first write: from the moment the mark stands, a folder without its format is a damaged one.
            folder.FinishSetUp();

            // And a mark from the beginning, or a power loss during the first write would leave a torn log that nobody can judge.
            folder.Mark.Advance(database.LatestSequenceNumber);
        }
        else if (folder.IsOlder)
        {
            // The data can be opened; and before anything is written that an older program would take for damage.
            folder.FinishSetUp();
        }

        _meter = new StoreMeter(seams.Meters);
        var writer = seams.Wrap(new BatchWriter(database, folder.Mark, _meter));
        var epochs = ReadOrBeginEpochs(database, writer, time);
        _epoch = epochs[^1].Epoch.Value;
        var reserve = new DiskReserve(options.DiskReserveBytes, seams.FreeBytes ?? (() => new DriveInfo(folder.Path).AvailableFreeSpace), time);
        _commits = new CommitThread(options, new Commit(options, database, time, reserve, epochs), writer, _meter);
    }

    /// <inheritdoc/>
    public Epoch Epoch => new(Volatile.Read(ref _epoch));

    /// <inheritdoc/>
    public Exception? Fault => _commits.Fault;

    /// <summary>Opens the store in <see cref="RocksDbStoreOptions.Folder"/>, or sets up a new one there.</summary>
    /// <exception cref="ArgumentException">The options cannot be used; the message says which and why.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The folder cannot be used, is in use, has another format, or is damaged; the message names it and says what to do.
    /// </exception>
    /// <param name="options">What it is told.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="meters">Whose its meter is, as the services of an application have one; null for nobody's in particular.</param>
    public static RocksDbMailboxStore Open(RocksDbStoreOptions options, TimeProvider time, IMeterFactory? meters = null) =>
        Open(options, time, new StoreSeams { Meters = meters });

    /// <summary>The same with parts replaced by a test's.</summary>
    internal static RocksDbMailboxStore Open(RocksDbStoreOptions options, TimeProvider time, StoreSeams seams)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        var folder = StoreFolder.Take(options.Folder);
        Database? database = null;
        try
        {
            database = LogRecovery.Open(folder, options);
            return new RocksDbMailboxStore(folder, database, options, time, seams);
        }
        catch (Exception damage) when (damage is RocksException or InvalidDataException)
        {
            Close(folder, database);
            throw LogRecovery.Damaged(folder, damage.Message, damage);
        }
        catch
        {
            Close(folder, database);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendAsync(AppendItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        item.ThrowIfUnusable();
        return _commits.Ask(AppendWork.For(item));
    }

    /// <inheritdoc/>
    public ValueTask<MailboxPage> ReadAsync(UserId mailbox, Sequence after, int entriesMax, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after.Value, nameof(after));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entriesMax);
        return Read(() => _reader.ReadPage(mailbox, after.Value, entriesMax, bytesMax), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<DeviceOpening> OpenDeviceAsync(DeviceHello hello)
    {
        ArgumentNullException.ThrowIfNull(hello);
        ThrowIfUnset(hello.Mailbox, hello.Device);
        return _commits.Ask(new OpenDeviceWork(hello));
    }

    /// <inheritdoc/>
    public ValueTask<Confirmation> ConfirmAsync(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        ThrowIfUnset(mailbox, device);
        return _commits.TryConfirm(mailbox, device, epoch, upTo) is { } confirmation ? new(confirmation) : _commits.Ask(ConfirmWork.For(mailbox, device, epoch, upTo));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<MessageStatus>> StatusAsync(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        await _commits.SettleAsync(mailbox).ConfigureAwait(false);
        return await Read(() => _reader.ReadStatuses(mailbox, sender, ids), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MailboxPosition>> PositionsAsync(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mailboxes);
        return Read(() => _reader.ReadPositions(mailboxes, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DevicePosition>> DevicesAsync(UserId mailbox, CancellationToken cancellationToken)
    {
        await _commits.SettleAsync(mailbox).ConfigureAwait(false);
        return await Read(() => _reader.ReadDevices(mailbox), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<ForgetReport> ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var report = default(ForgetReport);
        var milliseconds = now.ToUnixTimeMilliseconds();
        byte[]? place = [];
        while (place is not null)
        {
            // Looking for what may go costs the commit thread nothing; only removing it does.
            var from = place;
            (var mailboxes, place) = await Read(() => _reader.ReadForgettable(from, milliseconds, _forgetting), cancellationToken);
            foreach (var mailbox in mailboxes)
            {
                ForgottenPiece piece;
                do
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    piece = await _commits.Ask(new ForgetWork(mailbox, milliseconds));
                    report = new ForgetReport(report.Entries + piece.Entries, report.MessageIds + piece.MessageIds);
                }
                while (piece.More);
            }
        }

        return report;
    }

    /// <inheritdoc/>
    public ValueTask<Epoch> BeginEpochAsync() =>
        _commits.Ask(new BeginEpochWork(epoch => Volatile.Write(ref _epoch, epoch.Value)));

    /// <summary>
    /// Makes a second store in <paramref name="folder"/>, which must not exist and lie on the same disk: everything that was durable when this was called, and
    /// nothing by halves. Its files are hard links, so it takes hardly any room or time, and appends go on all but a moment. It is there for the taking once this has
    /// returned; for what a backup is and how it comes back, see <see cref="BeginEpochAsync"/>.
    /// </summary>
    /// <exception cref="IOException">It cannot be made there; this store goes on.</exception>
    /// <exception cref="StoreUnavailableException">This store has stopped or was closed.</exception>
    public async ValueTask<StoreCheckpoint> CheckpointAsync(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.GetFullPath(folder);
        if (Directory.Exists(path))
        {
            throw new IOException($"The folder '{path}' is there already.");
        }

        // The bulk goes into files here; what is left for the commit thread is what comes meanwhile.
        await Read(
            () =>
            {
                _database.Flush();
                return true;
            },
            CancellationToken.None);
        StoreFolder.Create(path);
        var outcome = await _commits.Ask(new CheckpointWork(_database, Path.Combine(path, StoreFolder.DataName)));
        if (outcome.Fault is { } fault)
        {
            throw new IOException($"The store could not be copied to '{path}': {fault.Message}", fault);
        }

        DurableMark.Write(path, outcome.Record);
        FormatFile.Write(path);
        return new StoreCheckpoint(outcome.Epoch, outcome.Record);
    }

    /// <summary>Finishes what was handed over, waits for reads under way, and releases the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _commits.StopAsync();
        _meter.Dispose();
        await _reads.CloseAsync();
        if (Fault is null)
        {
            _folder.Mark.Flush();
        }

        Close(_folder, _database);
    }

    // Found out here, on the caller's thread: on the commit thread it would stop the store for everybody.
    private static void ThrowIfUnset(UserId mailbox, DeviceId device)
    {
        if (mailbox == default || device == default)
        {
            throw new ArgumentException("Mailbox and device must both be set.");
        }
    }

    private static void Close(StoreFolder folder, Database? database)
    {
        database?.Dispose();
        folder.Dispose();
    }

    private static List<StampedEpoch> ReadOrBeginEpochs(Database database, IBatchWriter writer, TimeProvider time)
    {
        if (database.Read(Table.Store, Keys.Epochs) is { } value)
        {
            return EpochsRecord.Read(value);
        }

        List<StampedEpoch> epochs = [new(BeginEpochWork.NewEpoch([]), time.GetUtcNow().ToUnixTimeMilliseconds())];
        using var batch = new RocksBatch();
        batch.Put(database.Handle(Table.Store), Keys.Epochs, EpochsRecord.Write(epochs));
        writer.Write(batch, sync: true);
        return epochs;
    }

    private ValueTask<T> Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        try
        {
            _reads.Enter();
            try
            {
                return ValueTask.FromResult(read());
            }
            finally
            {
                _reads.Leave();
            }
        }
        catch (StoreUnavailableException fault)
        {
            return ValueTask.FromException<T>(fault);
        }
        catch (Exception fault) when (fault is RocksException or InvalidDataException)
        {
            return ValueTask.FromException<T>(LogRecovery.Damaged(_folder, fault.Message, fault));
        }
    }
}

/// <summary>What a second store holds; see <see cref="RocksDbMailboxStore.CheckpointAsync"/>.</summary>
/// <param name="Epoch">The history that its sequences belong to.</param>
/// <param name="Record">The last record of RocksDB in it, counted over all its life.</param>
public readonly record struct StoreCheckpoint(Epoch Epoch, ulong Record);

using System.Diagnostics.Metrics;
using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Reading;
using Hexagram.Storage.Postgres.Schema;
using Hexagram.Storage.Postgres.Telemetry;
using Hexagram.Storage.Postgres.Upkeep;
using Hexagram.Storage.Postgres.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hexagram.Storage.Postgres;

/// <summary>
/// The mailbox store in PostgreSQL, for any number of servers at once: every decision is made in the database, under the lock of its mailbox, and nothing of a mailbox
/// is kept in the process. A database that cannot be reached or written is a matter of the moment: what was under way fails, and the store goes on when it is back.
/// Every member may be called from any thread.
/// </summary>
public sealed partial class PostgresMailboxStore : IMailboxStore
{
    private const string Forgetting = "forgetting";

    // Timers of several servers do not tick together, and none ticks exactly.
    private const double PauseOfInterval = 0.9;

    private readonly PostgresStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly DatabaseLink _link;
    private readonly Availability _availability;
    private readonly BatchWriter[] _writers;
    private readonly BatchReaders _readers;
    private readonly StoreMeter _meter;
    private readonly Lock _epochGate = new();
    private NumberedEpoch _epoch;
    private int _disposed;

    private PostgresMailboxStore(PostgresStoreOptions options, DatabaseLink link, NumberedEpoch epoch, TimeProvider time, StoreSeams seams)
    {
        (_options, _link, _epoch, _time, _meter) = (options, link, epoch, time, new StoreMeter(seams.Meters));
        _availability = new Availability(link, seams, _meter, time, seams.Logs.CreateLogger<PostgresMailboxStore>(), options.Describe());
        var room = new DatabaseRoom(options, link, seams, time);
        _writers = [.. Enumerable.Range(0, options.Writers).Select(_ => new BatchWriter(options, link, _availability, room, seams, _meter, time, Told))];
        _readers = new BatchReaders(options, link, _availability, _meter);
    }

    /// <inheritdoc/>
    public Epoch Epoch
    {
        get
        {
            lock (_epochGate)
            {
                return _epoch.Epoch;
            }
        }
    }

    /// <inheritdoc/>
    public Exception? Fault => _availability.Fault;

    /// <summary>Completes when the database takes writes, as far as is known.</summary>
    internal Task Recovered => _availability.Recovered;

    /// <summary>Opens the store, after its tables have been made or brought up to date where that is needed.</summary>
    /// <param name="options">Which database, and what it may use there.</param>
    /// <param name="time">The store's clock.</param>
    /// <param name="meters">Whose its meter is; null for nobody's in particular.</param>
    /// <param name="logs">Where it says that the database is away, and back.</param>
    /// <exception cref="ArgumentException">The options cannot be used; the message says which and why.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be used; the message names it and says why.</exception>
    public static Task<PostgresMailboxStore> OpenAsync(PostgresStoreOptions options, TimeProvider time, IMeterFactory? meters = null, ILoggerFactory? logs = null) =>
        OpenAsync(options, time, new StoreSeams { Meters = meters, Logs = logs ?? NullLoggerFactory.Instance });

    /// <summary>The same for whoever puts a host together, where nothing can be awaited: this thread waits.</summary>
    /// <inheritdoc cref="OpenAsync(PostgresStoreOptions, TimeProvider, IMeterFactory?, ILoggerFactory?)"/>
    public static PostgresMailboxStore Open(PostgresStoreOptions options, TimeProvider time, IMeterFactory? meters = null, ILoggerFactory? logs = null) =>
        Task.Run(() => OpenAsync(options, time, meters, logs)).GetAwaiter().GetResult();

    /// <summary>The same with parts replaced by a test's.</summary>
    internal static async Task<PostgresMailboxStore> OpenAsync(PostgresStoreOptions options, TimeProvider time, StoreSeams seams)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        var link = new DatabaseLink(options);
        try
        {
            await using var connection = await link.ConnectAsync();
            await Migrations.RunAsync(connection, options.Schema, time);
            if (!await Home.IsHereAsync(connection))
            {
                throw new StoreUnavailableException(
                    $"The mailboxes in the database {options.Describe()} were brought here from another database, by a restored dump or a copy, and need a new epoch before the first client connects: "
                    + "without it, messages would be lost without a word. Stop every server of it and run 'hexagram restore --postgres' once (docs/operating.md).");
            }

            if (await FindUnsyncedAsync(connection) is { } setting)
            {
                LogUnsynced(seams.Logs.CreateLogger<PostgresMailboxStore>(), options.Describe(), setting);
            }

            return new PostgresMailboxStore(options, link, await ReadEpochAsync(connection), time, seams);
        }
        catch (Exception cause) when (cause is NpgsqlException or InvalidDataException)
        {
            await link.DisposeAsync();
            throw new StoreUnavailableException($"The mailbox store in the database {options.Describe()} cannot be opened: {cause.Message}", cause);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendAsync(AppendItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        item.ThrowIfUnusable();
        return new(WriterOf(item.To).Ask(new AppendWork(item)));
    }

    /// <inheritdoc/>
    public ValueTask<MailboxPage> ReadAsync(UserId mailbox, Sequence after, int entriesMax, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after.Value, nameof(after));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entriesMax);
        return _readers.AskAsync(Questions.PageOf(mailbox, after, entriesMax, bytesMax), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<DeviceOpening> OpenDeviceAsync(DeviceHello hello)
    {
        ArgumentNullException.ThrowIfNull(hello);
        ThrowIfUnset(hello.Mailbox, hello.Device);
        return new(WriterOf(hello.Mailbox).Ask(new OpenDeviceWork(hello)));
    }

    /// <inheritdoc/>
    public ValueTask<Confirmation> ConfirmAsync(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        ThrowIfUnset(mailbox, device);
        return new(WriterOf(mailbox).Ask(new ConfirmWork(mailbox, device, epoch, upTo)));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MessageStatus>> StatusAsync(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _readers.AskAsync(Questions.StatusesOf(mailbox, sender, ids), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<MailboxPosition>> PositionsAsync(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mailboxes);
        return _readers.AskAsync(Questions.PositionsOf(mailboxes), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DevicePosition>> DevicesAsync(UserId mailbox, CancellationToken cancellationToken) =>
        _readers.AskAsync(Questions.DevicesOf(mailbox), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ForgetReport> ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await using var turn = await Turn.TakeAsync(_link, _time, Forgetting, _options.ForgetEvery * PauseOfInterval);
            return turn is null ? default : await ForgetAsync(turn, now, cancellationToken);
        }
        catch (Exception cause) when (cause is NpgsqlException or ObjectDisposedException)
        {
            throw new StoreUnavailableException($"The mailbox store in the database {_options.Describe()} cannot be asked to forget at present: {cause.Message}", cause);
        }
    }

    private async Task<ForgetReport> ForgetAsync(Turn turn, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var report = default(ForgetReport);
        var asOf = now.ToUnixTimeMilliseconds();
        var entriesBefore = asOf - (long)_options.Forgetting.Retention.TotalMilliseconds;
        var idsBefore = asOf - (long)_options.Forgetting.Horizon.TotalMilliseconds;
        for (var after = ""; after is not null;)
        {
            (var mailboxes, after) = await _readers.AskAsync(Questions.ForgettableAfter(after, entriesBefore, idsBefore), cancellationToken);
            foreach (var mailbox in mailboxes)
            {
                ForgetReport piece;
                do
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!await turn.KeepAsync())
                    {
                        return report;
                    }

                    piece = await WriterOf(mailbox).Ask(new ForgetWork(mailbox, asOf));
                    report = new ForgetReport(report.Entries + piece.Entries, report.MessageIds + piece.MessageIds);
                }
                while (Math.Max(piece.Entries, piece.MessageIds) >= ForgetWork.EntriesMax);
            }
        }

        turn.Done();
        return report;
    }

    /// <inheritdoc/>
    public ValueTask<Epoch> BeginEpochAsync() => new(_writers[0].Ask(new BeginEpochWork(Told)));

    /// <summary>Finishes what was handed over and lets go of the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Task.WhenAll(_writers.Select(writer => writer.StopAsync()));
        await _readers.StopAsync();
        await _availability.DisposeAsync();
        await _link.DisposeAsync();
        _meter.Dispose();
    }

    // Found out here: in a batch it would fail everybody's.
    private static void ThrowIfUnset(UserId mailbox, DeviceId device)
    {
        if (mailbox == default || device == default)
        {
            throw new ArgumentException("Mailbox and device must both be set.");
        }
    }

    private BatchWriter WriterOf(UserId mailbox) => _writers[(uint)mailbox.GetHashCode() % (uint)_writers.Length];

    private static async Task<NumberedEpoch> ReadEpochAsync(NpgsqlConnection connection)
    {
        await using var newest = new NpgsqlCommand("SELECT ordinal, epoch FROM epochs ORDER BY ordinal DESC LIMIT 1", connection);
        await using var reader = await newest.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new NumberedEpoch(reader.GetInt32(0), reader.GetInt64(1).ToEpoch())
            : throw new InvalidDataException("There is no epoch in its tables.");
    }

    /// <summary>The setting that makes commits worthless, or null. That of the commits themselves is seen to with each.</summary>
    private static async Task<string?> FindUnsyncedAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name LIMIT 1", connection);
        return await command.ExecuteScalarAsync() as string;
    }

    /// <summary>Every batch tells the epoch, for another server may have begun one. A batch that was decided before may tell of an older one after.</summary>
    private void Told(NumberedEpoch epoch)
    {
        lock (_epochGate)
        {
            _epoch = epoch.Ordinal >= _epoch.Ordinal ? epoch : _epoch;
        }
    }
}

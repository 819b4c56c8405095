using System.Data;
using Hexagram.Protocol;
using Hexagram.Storage.Inspecting;
using Hexagram.Storage.Postgres.Connections;
using Hexagram.Storage.Postgres.Schema;
using Npgsql;

namespace Hexagram.Storage.Postgres.Inspecting;

/// <summary>The store in a database, as it stood when the view was opened: one transaction that only reads, and sees nothing that was committed since.</summary>
public sealed class PostgresStoreView : IStoreView
{
    private const int AtATime = 256;

    private const string State = """
        SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn
        """;

    private const string Mailboxes = """
        SELECT m.user_id, m.first_available, m.last, m.unconfirmed FROM mailboxes AS m WHERE m.user_id > $1 ORDER BY m.user_id LIMIT $2
        """;

    private const string Mailbox = "SELECT m.user_id, m.first_available, m.last, m.unconfirmed FROM mailboxes AS m WHERE m.user_id = $1";

    private const string Devices = "SELECT d.user_id, d.device, d.start, d.cursor, d.seen_at FROM devices AS d WHERE d.user_id = ANY ($1) ORDER BY d.user_id, d.device";

    private const string Entries = """
        SELECT e.sequence, e.id, e.sender, e.accepted_at, coalesce(octet_length(e.content), 0), m.delivered @> e.sequence
        FROM mailboxes AS m JOIN entries AS e ON e.user_id = m.user_id AND e.sequence >= m.first_available
        WHERE m.user_id = $1 AND e.sequence > $2 ORDER BY e.sequence LIMIT $3
        """;

    private const string Messages = """
        SELECT e.user_id, e.sender, e.sequence, e.accepted_at, e.sequence < m.first_available OR m.delivered @> e.sequence, e.sequence < m.first_available,
            ARRAY (SELECT d.device FROM devices AS d WHERE d.user_id = e.user_id AND d.start < e.sequence AND e.sequence <= d.cursor ORDER BY d.device)
        FROM entries AS e JOIN mailboxes AS m ON m.user_id = e.user_id
        WHERE e.id = $1
        """;

    private readonly DatabaseLink _link;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private PostgresStoreView(DatabaseLink link, NpgsqlConnection connection)
    {
        (_link, _connection) = (link, connection);
        _transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        using var readOnly = new NpgsqlCommand("SET TRANSACTION READ ONLY", connection);
        readOnly.ExecuteNonQuery();
        Epochs = Read("SELECT epoch, begun_at FROM epochs ORDER BY ordinal", row => new EpochView(row.GetInt64(0).ToEpoch(), Instant(row, 1)));
        Record = Read(State, row => (ulong)row.GetDecimal(0))[0];
    }

    /// <inheritdoc/>
    public IReadOnlyList<EpochView> Epochs { get; }

    /// <inheritdoc/>
    public ulong Record { get; }

    /// <summary>Opens a view of the store in a database. Nothing is made there that is not there.</summary>
    /// <exception cref="StoreUnavailableException">There is no store, or it cannot be read; the message says what to do.</exception>
    public static PostgresStoreView Open(PostgresStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        var link = new DatabaseLink(options);
        NpgsqlConnection? connection = null;
        try
        {
            connection = Task.Run(() => OpenAsync(link, options)).GetAwaiter().GetResult();
            return new PostgresStoreView(link, connection);
        }
        catch (Exception cause) when (cause is NpgsqlException or InvalidDataException or StoreUnavailableException)
        {
            connection?.Dispose();
            link.Dispose();
            throw new StoreUnavailableException($"The mailbox store in the database {options.Describe()} cannot be read: {cause.Message}", cause);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<MailboxView> ListMailboxes(UserId? after)
    {
        for (var last = after?.Value ?? ""; ;)
        {
            var page = WithDevices(Read(Mailboxes, ToMailbox, last, AtATime));
            foreach (var mailbox in page)
            {
                yield return mailbox;
            }

            if (page.Count < AtATime)
            {
                yield break;
            }

            last = page[^1].User.Value;
        }
    }

    /// <inheritdoc/>
    public MailboxView? ReadMailbox(UserId user) => WithDevices(Read(Mailbox, ToMailbox, user.Value)).SingleOrDefault();

    /// <inheritdoc/>
    public IEnumerable<EntryView> ListEntries(UserId user, Sequence after)
    {
        for (var last = after.Value; ;)
        {
            var page = Read(Entries, ToEntry, user.Value, last, AtATime);
            foreach (var entry in page)
            {
                yield return entry;
            }

            if (page.Count < AtATime)
            {
                yield break;
            }

            last = page[^1].Sequence.Value;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<MessageView> Find(MessageId id, UserId? mailbox) => mailbox is { } one
        ? Read($"{Messages} AND e.user_id = $2", row => ToMessage(row, id), id.ToGuid(), one.Value)
        : Read($"{Messages} ORDER BY e.user_id, e.sender", row => ToMessage(row, id), id.ToGuid());

    /// <inheritdoc/>
    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
        _link.Dispose();
    }

    private static async Task<NpgsqlConnection> OpenAsync(DatabaseLink link, PostgresStoreOptions options)
    {
        var connection = await link.ConnectAsync();
        try
        {
            await Migrations.ThrowIfUnknownAsync(connection, options.Schema);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static MailboxView ToMailbox(NpgsqlDataReader row) =>
        new(new UserId(row.GetString(0)), new MailboxPosition(new Sequence(row.GetInt64(1)), new Sequence(row.GetInt64(2))), row.GetInt64(3), []);

    private static EntryView ToEntry(NpgsqlDataReader row) =>
        new(new Sequence(row.GetInt64(0)), row.GetGuid(1).ToMessageId(), new UserId(row.GetString(2)), Instant(row, 3), row.GetInt32(4), row.GetBoolean(5));

    private static MessageView ToMessage(NpgsqlDataReader row, MessageId id) => new(
        new UserId(row.GetString(0)),
        new UserId(row.GetString(1)),
        id,
        new Sequence(row.GetInt64(2)),
        Instant(row, 3),
        row.GetBoolean(4),
        row.GetBoolean(5),
        [.. row.GetFieldValue<string[]>(6).Select(device => new DeviceId(device))]);

    private static DateTimeOffset Instant(NpgsqlDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private List<MailboxView> WithDevices(List<MailboxView> mailboxes)
    {
        var devices = Read(
            Devices,
            row => (User: row.GetString(0), Device: new DevicePosition(new DeviceId(row.GetString(1)), new Sequence(row.GetInt64(2)), new Sequence(row.GetInt64(3)), Instant(row, 4))),
            [mailboxes.Select(mailbox => mailbox.User.Value).ToArray()]).ToLookup(one => one.User, one => one.Device, StringComparer.Ordinal);
        return mailboxes.ConvertAll(mailbox => mailbox with { Devices = [.. devices[mailbox.User.Value]] });
    }

    private List<T> Read<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        try
        {
#pragma warning disable CA2100 // Each text is one of those above.
            using var command = new NpgsqlCommand(sql, _connection, _transaction);
#pragma warning restore CA2100
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
            {
                rows.Add(read(reader));
            }

            return rows;
        }
        catch (Exception fault) when (fault is NpgsqlException or InvalidDataException or ArgumentException)
        {
            throw new StoreUnavailableException($"The mailbox store cannot be read: {fault.Message}", fault);
        }
    }
}

using Hexagram.Protocol;
using Hexagram.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Hexagram.Storage.Postgres.Reading;

/// <summary>What can be asked. Each is one statement, so that an answer is of one moment, and finds its rows by the keys that begin with the mailbox.</summary>
internal static class Questions
{
    /// <summary>The position and a page; at most so many entries and, but for the first, so many bytes.</summary>
    internal const string Page = """
        SELECT m.first_available, m.last, e.sequence, e.sender, e.id, e.accepted_at, e.content_type, e.content
        FROM mailboxes AS m LEFT JOIN LATERAL (
            SELECT o.*, sum(octet_length(o.content)) OVER (ORDER BY o.sequence) AS bytes, row_number() OVER (ORDER BY o.sequence) AS nth
            FROM (
                SELECT n.sequence, n.sender, n.id, n.accepted_at, n.content_type, n.content FROM entries AS n
                WHERE n.user_id = $1 AND n.sequence > $2 AND n.sequence >= m.first_available AND n.sequence <= m.last
                ORDER BY n.sequence LIMIT $3) AS o) AS e ON e.bytes <= $4 OR e.nth = 1
        WHERE m.user_id = $1
        ORDER BY e.sequence
        """;

    internal const string Statuses = """
        SELECT m.forgotten_mark, e.id, e.sequence < m.first_available OR m.delivered @> e.sequence
        FROM mailboxes AS m LEFT JOIN entries AS e ON e.user_id = $1 AND e.sender = $2 AND e.id = ANY ($3)
        WHERE m.user_id = $1
        """;

    internal const string Positions = "SELECT user_id, first_available, last FROM mailboxes WHERE user_id = ANY ($1)";

    internal const string Devices = "SELECT device, start, cursor, seen_at FROM devices WHERE user_id = $1 ORDER BY device";

    /// <summary>
    /// The next mailboxes after a name, and whether each has an entry or an id that is old enough to go. Their number stands in the text: of a parameter PostgreSQL
    /// supposes a tenth of the table, and sorts all of it; and values are asked for instead of existence, which it might find out for all entries at once.
    /// </summary>
    internal const string Forgettable = """
        SELECT m.user_id,
            coalesce((SELECT e.accepted_at <= $2 FROM entries AS e WHERE e.user_id = m.user_id AND e.sequence = m.first_available), false)
            OR coalesce((SELECT e.accepted_at <= $3 FROM entries AS e WHERE e.user_id = m.user_id AND e.sequence = m.first_kept AND m.first_kept < m.first_available), false)
        FROM (SELECT * FROM mailboxes WHERE user_id > $1 ORDER BY user_id LIMIT 200) AS m
        ORDER BY m.user_id
        """;

    private const int ForgettableMax = 200;

    private static readonly MailboxPosition Nowhere = new(new Sequence(1), Sequence.None);

    internal static ReadWork<MailboxPage> PageOf(UserId mailbox, Sequence after, int entriesMax, int bytesMax) => new(
        () =>
        {
            var command = new NpgsqlBatchCommand(Page);
            command.Add(mailbox.Value);
            command.Add(after.Value);
            command.Add(entriesMax);
            command.Add(bytesMax);
            return command;
        },
        async reader =>
        {
            var position = Nowhere;
            var entries = new List<Entry>();
            while (await reader.ReadAsync())
            {
                position = new MailboxPosition(new Sequence(reader.GetInt64(0)), new Sequence(reader.GetInt64(1)));
                if (!reader.IsDBNull(2))
                {
                    entries.Add(ReadEntry(reader));
                }
            }

            return new MailboxPage(entries, position);
        });

    internal static ReadWork<IReadOnlyList<MessageStatus>> StatusesOf(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids) => new(
        () =>
        {
            var command = new NpgsqlBatchCommand(Statuses);
            command.Add(mailbox.Value);
            command.Add(sender.Value);
            command.Add([.. ids.Select(id => id.ToGuid())], NpgsqlDbType.Uuid);
            return command;
        },
        async reader =>
        {
            var mark = -1L;
            var delivered = new Dictionary<MessageId, bool>();
            while (await reader.ReadAsync())
            {
                mark = reader.GetInt64(0);
                if (!reader.IsDBNull(1))
                {
                    delivered[reader.GetGuid(1).ToMessageId()] = reader.GetBoolean(2);
                }
            }

            return [.. ids.Select(id => delivered.TryGetValue(id, out var isDelivered)
                ? new MessageStatus(id, isDelivered ? MessageState.Delivered : MessageState.Accepted)
                : new MessageStatus(id, MessageState.Waiting, id.MadeAt.ToUnixTimeMilliseconds() <= mark))];
        });

    internal static ReadWork<IReadOnlyList<MailboxPosition>> PositionsOf(IReadOnlyList<UserId> mailboxes) => new(
        () =>
        {
            var command = new NpgsqlBatchCommand(Positions);
            command.Add([.. mailboxes.Select(mailbox => mailbox.Value).Distinct(StringComparer.Ordinal)], NpgsqlDbType.Text);
            return command;
        },
        async reader =>
        {
            var positions = new Dictionary<string, MailboxPosition>(StringComparer.Ordinal);
            while (await reader.ReadAsync())
            {
                positions[reader.GetString(0)] = new MailboxPosition(new Sequence(reader.GetInt64(1)), new Sequence(reader.GetInt64(2)));
            }

            return [.. mailboxes.Select(mailbox => positions.GetValueOrDefault(mailbox.Value, Nowhere))];
        });

    internal static ReadWork<IReadOnlyList<DevicePosition>> DevicesOf(UserId mailbox) => new(
        () =>
        {
            var command = new NpgsqlBatchCommand(Devices);
            command.Add(mailbox.Value);
            return command;
        },
        async reader =>
        {
            var devices = new List<DevicePosition>();
            while (await reader.ReadAsync())
            {
                devices.Add(new DevicePosition(
                    new DeviceId(reader.GetString(0)),
                    new Sequence(reader.GetInt64(1)),
                    new Sequence(reader.GetInt64(2)),
                    DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3))));
            }

            return devices;
        });

    internal static ReadWork<ForgettableMailboxes> ForgettableAfter(string after, long entriesBefore, long idsBefore) => new(
        () =>
        {
            var command = new NpgsqlBatchCommand(Forgettable);
            command.Add(after);
            command.Add(entriesBefore);
            command.Add(idsBefore);
            return command;
        },
        async reader =>
        {
            var (old, lookedAt, last) = (new List<UserId>(), 0, "");
            for (; await reader.ReadAsync(); lookedAt++)
            {
                last = reader.GetString(0);
                if (reader.GetBoolean(1))
                {
                    old.Add(new UserId(last));
                }
            }

            return new ForgettableMailboxes(old, lookedAt < ForgettableMax ? null : last);
        });

    private static Entry ReadEntry(NpgsqlDataReader reader)
    {
        var sequence = new Sequence(reader.GetInt64(2));
        var contentType = reader.IsDBNull(6) ? "" : reader.GetString(6);
        return Body.TryCreate(reader.GetFieldValue<byte[]>(7), contentType, out var body)
            ? new Entry(sequence, reader.GetGuid(4).ToMessageId(), new UserId(reader.GetString(3)), DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(5)), body)
            : throw new InvalidDataException($"The body of entry {sequence} of a mailbox cannot be understood: it was damaged, or written by something else.");
    }
}

/// <summary>Mailboxes of which something may be old enough to go, and after which to look further; null after the last.</summary>
internal sealed record ForgettableMailboxes(IReadOnlyList<UserId> Mailboxes, string? Next);

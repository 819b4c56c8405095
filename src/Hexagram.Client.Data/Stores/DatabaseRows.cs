using System.Data.Common;
using Hexagram.Client.Stores;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Data.Stores;

/// <summary>Everything that is read from the tables of one store.</summary>
internal static class DatabaseRows
{
    private const long EnqueuedBytesMax = 4 << 20;

    internal static StoredClient Load(DatabaseSession session, string store, DeviceId device)
    {
        var client = session.Query(
            new Statement("SELECT user_id, connection, clock_offset, epoch, cursor, begun_sender, begun_id FROM hexagram_client WHERE store = @store", ("store", store)),
            row => new StoredClient
            {
                Device = device,
                User = row.IsDBNull(0) ? null : row.User(0),
                LastConnection = new ConnectionNumber(row.GetInt64(1)),
                ClockOffset = TimeSpan.FromMilliseconds(row.GetInt64(2)),
                Position = new InboxPosition(row.Epoch(3), new Sequence(row.GetInt64(4))),
                Begun = row.IsDBNull(5) ? null : new MessageKey(row.User(5), row.Id(6)),
            })[0];
        return client with
        {
            HasSeenOtherHistories = session.Count(
                "SELECT count(*) FROM (SELECT 1 FROM hexagram_seen WHERE store = @store AND epoch <> @epoch LIMIT 1) AS others",
                ("store", store),
                ("epoch", client.Position.Epoch.ToColumn())) > 0,
            Messages = Outbox(session, store),
        };
    }

    /// <summary>The oldest committed messages that wait, in their order: at most so many, and no more after so many bytes.</summary>
    /// <returns>They, and whether no more are waiting.</returns>
    internal static (IReadOnlyList<(UserId To, Body Body, EnqueuedRow Source)> Rows, bool AreAll) Enqueued(DatabaseSession session, string store, int limit)
    {
        var round = new TakingRound();
        var bytes = 0L;
        var rows = session.Query(
            new Statement(
                "SELECT place, ticket, recipient, content_type, content FROM hexagram_enqueued WHERE store = @store ORDER BY place LIMIT @limit",
                ("store", store),
                ("limit", (long)limit)),
            row => (To: row.User(2), Body: row.Body(3, 4), Source: new EnqueuedRow(row.GetInt64(0), new Guid(row.GetFieldValue<byte[]>(1)), round)),
            row => (bytes += row.Body.Content.Length) < EnqueuedBytesMax);
        return (rows, rows.Count < limit && bytes < EnqueuedBytesMax);
    }

    internal static IReadOnlyDictionary<long, Body> Bodies(DatabaseSession session, string store, IEnumerable<long> numbers)
    {
        var bodies = new Dictionary<long, Body>();
        foreach (var number in numbers)
        {
            var found = session.Query(
                new Statement("SELECT content_type, content FROM hexagram_outbox_body WHERE store = @store AND number = @number", ("store", store), ("number", number)),
                row => row.Body(0, 1));
            if (found.Count > 0)
            {
                bodies.Add(number, found[0]);
            }
        }

        return bodies;
    }

    internal static bool HasSeen(DatabaseSession session, string store, MessageKey message) => session.Count(
        "SELECT count(*) FROM hexagram_seen WHERE store = @store AND id = @id AND sender = @sender",
        ("store", store),
        ("id", message.Id.ToBytes()),
        ("sender", message.From.Value)) > 0;

    internal static IReadOnlyList<SetAsideMessage> SetAside(DatabaseSession session, string store) => session.Query(
        new Statement(
            "SELECT id, sender, sequence, accepted_at, attempt, reason, at, content_type, content FROM hexagram_set_aside WHERE store = @store ORDER BY number",
            ("store", store)),
        row => new SetAsideMessage(
            new Message
            {
                Id = row.Id(0),
                From = row.User(1),
                Sequence = new Sequence(row.GetInt64(2)),
                AcceptedAt = row.Instant(3),
                Attempt = (int)row.GetInt64(4),
                Body = row.Body(7, 8),
            },
            row.GetString(5),
            row.Instant(6)));

    internal static int SetAsideCount(DatabaseSession session, string store) =>
        (int)session.Count("SELECT count(*) FROM hexagram_set_aside WHERE store = @store", ("store", store));

    private static IReadOnlyList<StoredMessage> Outbox(DatabaseSession session, string store) => session.Query(
        new Statement("SELECT number, id, recipient, state, transmitted, body_bytes FROM hexagram_outbox WHERE store = @store ORDER BY number", ("store", store)),
        row => new StoredMessage(row.GetInt64(0), row.Id(1), row.User(2), (MessageState)row.GetInt64(3), row.GetInt64(4) != 0, (int)row.GetInt64(5)));

    private static MessageId Id(this DbDataReader row, int column) =>
        MessageId.TryRead(row.GetFieldValue<byte[]>(column), out var id) ? id : throw Unreadable(row.GetName(column));

    private static UserId User(this DbDataReader row, int column) =>
        UserId.TryParse(row.GetString(column), out var user) ? user : throw Unreadable(row.GetName(column));

    private static Epoch Epoch(this DbDataReader row, int column) => new(unchecked((ulong)row.GetInt64(column)));

    private static DateTimeOffset Instant(this DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static Body Body(this DbDataReader row, int contentType, int content) =>
        Protocol.Body.TryCreate(row.GetFieldValue<byte[]>(content), row.IsDBNull(contentType) ? "" : row.GetString(contentType), out var body)
            ? body
            : throw Unreadable(row.GetName(content));

    private static InvalidDataException Unreadable(string column) => new($"Column {column} does not hold what was written there.");
}

using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>What is read as a whole: everything at the start, and what was set aside.</summary>
internal static class SqliteRows
{
    internal static StoredClient Load(SqliteConnection connection, DeviceId device)
    {
        var (position, begun) = Inbox(connection);
        return new StoredClient
        {
            Device = device,
            User = Value(connection, "user") is string user ? new UserId(user) : null,
            LastConnection = new ConnectionNumber(Value(connection, "connection") as long? ?? 0),
            ClockOffset = TimeSpan.FromMilliseconds(Value(connection, "clock_offset") as long? ?? 0),
            Position = position,
            Begun = begun,
            HasSeenOtherHistories = HasSeenOthers(connection, position.Epoch),
            Messages = Outbox(connection),
        };
    }

    internal static object? Value(SqliteConnection connection, string key)
    {
        using var command = Command(connection, "SELECT value FROM hexagram_client WHERE key = ?1");
        command.Parameters.AddWithValue("?1", key);
        return command.ExecuteScalar();
    }

    internal static IReadOnlyList<SetAsideMessage> SetAside(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var command = Command(
            connection,
            "SELECT id, sender, sequence, accepted_at, attempt, reason, at, content_type, content FROM hexagram_set_aside ORDER BY number");
        command.Transaction = transaction;
        using var row = command.ExecuteReader();
        var messages = new List<SetAsideMessage>();
        while (row.Read())
        {
            var message = new Message
            {
                Id = row.Id(0),
                From = row.User(1),
                Sequence = new Sequence(row.GetInt64(2)),
                AcceptedAt = row.Instant(3),
                Attempt = row.GetInt32(4),
                Body = row.Body(7, 8),
            };
            messages.Add(new SetAsideMessage(message, row.GetString(5), row.Instant(6)));
        }

        return messages;
    }

    internal static int SetAsideCount(SqliteConnection connection)
    {
        using var command = Command(connection, "SELECT count(*) FROM hexagram_set_aside");
        return command.ExecuteScalar() is long count ? (int)count : 0;
    }

    private static (InboxPosition Position, MessageKey? Begun) Inbox(SqliteConnection connection)
    {
        using var command = Command(connection, "SELECT epoch, cursor, begun_sender, begun_id FROM hexagram_inbox");
        using var row = command.ExecuteReader();
        return row.Read()
            ? (new InboxPosition(SqliteColumns.ToEpoch(row.GetInt64(0)), new Sequence(row.GetInt64(1))), row.IsDBNull(2) ? null : new MessageKey(row.User(2), row.Id(3)))
            : throw new InvalidDataException("The inbox's row is missing.");
    }

    private static bool HasSeenOthers(SqliteConnection connection, Epoch epoch)
    {
        using var command = Command(connection, "SELECT EXISTS (SELECT 1 FROM hexagram_seen WHERE epoch <> ?1)");
        command.Parameters.AddWithValue("?1", epoch.ToColumn());
        return command.ExecuteScalar() is 1L;
    }

    private static List<StoredMessage> Outbox(SqliteConnection connection)
    {
        using var command = Command(connection, "SELECT number, id, recipient, state, transmitted, body_bytes FROM hexagram_outbox ORDER BY number");
        using var row = command.ExecuteReader();
        var messages = new List<StoredMessage>();
        while (row.Read())
        {
            messages.Add(new StoredMessage(row.GetInt64(0), row.Id(1), row.User(2), (MessageState)row.GetInt32(3), row.GetBoolean(4), row.GetInt32(5)));
        }

        return messages;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}

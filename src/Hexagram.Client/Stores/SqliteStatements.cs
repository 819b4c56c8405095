using Hexagram.Protocol;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>Everything that the client writes to its tables and reads from them, prepared once. Used by the writer's thread alone.</summary>
internal sealed class SqliteStatements : IDisposable
{
    private const string SetValueSql =
        "INSERT INTO hexagram_client (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

    private const string InsertSql =
        "INSERT INTO hexagram_outbox (number, id, recipient, state, transmitted, body_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    private const string InsertBodySql =
        "INSERT INTO hexagram_outbox_body (number, content_type, content) VALUES (?1, ?2, ?3)";

    private const string MarkSql =
        "UPDATE hexagram_outbox SET id = ?2, transmitted = 1 WHERE number = ?1";

    private const string RaiseSql =
        "UPDATE hexagram_outbox SET state = ?2 WHERE number = ?1";

    private const string RemoveSql =
        "DELETE FROM hexagram_outbox WHERE number = ?1";

    private const string RemoveBodySql =
        "DELETE FROM hexagram_outbox_body WHERE number = ?1";

    private const string ReadBodySql =
        "SELECT content_type, content FROM hexagram_outbox_body WHERE number = ?1";

    private const string AdoptSql =
        "UPDATE hexagram_inbox SET epoch = ?1, cursor = ?2";

    private const string SetBegunSql =
        "UPDATE hexagram_inbox SET begun_sender = ?1, begun_id = ?2";

    private const string AdvanceSql =
        "UPDATE hexagram_inbox SET cursor = max(cursor, ?2) WHERE epoch = ?1";

    private const string SeeSql =
        "INSERT INTO hexagram_seen (id, sender, epoch, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id, sender) DO UPDATE SET epoch = excluded.epoch";

    private const string HasSeenSql =
        "SELECT 1 FROM hexagram_seen WHERE id = ?1 AND sender = ?2";

    private const string ForgetSeenSql =
        "DELETE FROM hexagram_seen WHERE number < (SELECT min(number) FROM hexagram_seen) + ?1"
            + " AND (at < ?2 OR number <= (SELECT max(number) FROM hexagram_seen) - ?3)";

    private const string SetAsideSql =
        "INSERT INTO hexagram_set_aside (id, sender, sequence, accepted_at, attempt, reason, at, content_type, content)"
            + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    private const string RemoveSetAsideSql =
        "DELETE FROM hexagram_set_aside WHERE id = ?1 AND sender = ?2";

    private readonly Dictionary<string, SqliteStatement> _prepared = [];
    private readonly SqliteConnection _connection;

    internal SqliteStatements(SqliteConnection connection) => _connection = connection;

    /// <summary>A handler's transaction while it is open. Statements run in whatever is open; a command has to be told.</summary>
    internal SqliteTransaction? Transaction { get; set; }

    internal void Begin() => Execute("BEGIN IMMEDIATE");

    internal void Commit() => Execute("COMMIT");

    internal void Rollback() => Execute("ROLLBACK");

    internal void SetValue(string key, SqliteValue value) => Execute(SetValueSql, key, value);

    internal void Insert(in StoredMessage message, in Body body)
    {
        Execute(InsertSql, message.Number, message.Id.ToBytes(), message.To.Value, (long)message.State, message.Transmitted ? 1L : 0L, (long)message.BodyBytes);
        Execute(InsertBodySql, message.Number, body.ContentType, body.ToColumn());
    }

    internal void Mark(long number, MessageId id) => Execute(MarkSql, number, id.ToBytes());

    internal void Raise(long number, MessageState state) => Execute(RaiseSql, number, (long)state);

    internal void Remove(long number)
    {
        Execute(RemoveSql, number);
        Execute(RemoveBodySql, number);
    }

    internal Body? ReadBody(long number) => Prepared(ReadBodySql).First(static row => (Body?)row.Body(0, 1), number);

    internal void Adopt(Epoch epoch, Sequence cursor) => Execute(AdoptSql, epoch.ToColumn(), cursor.Value);

    internal void SetBegun(MessageKey? message) => Execute(SetBegunSql, message?.From.Value, message?.Id.ToBytes());

    internal void Commit(InboxCommit commit)
    {
        Execute(AdvanceSql, commit.Epoch.ToColumn(), commit.UpTo.Value);
        if (commit.Seen is { } key)
        {
            Execute(SeeSql, key.Id.ToBytes(), key.From.Value, commit.Epoch.ToColumn(), commit.At.ToUnixTimeMilliseconds());
        }

        if (commit.SetAside is { } aside)
        {
            var message = aside.Message;
            Execute(SetAsideSql, message.Id.ToBytes(),
                message.From.Value,
                message.Sequence.Value,
                message.AcceptedAt.ToUnixTimeMilliseconds(),
                (long)message.Attempt,
                aside.Reason,
                aside.At.ToUnixTimeMilliseconds(),
                message.Body.ContentType,
                message.Body.ToColumn());
        }
    }

    internal bool HasSeen(MessageKey message) => Prepared(HasSeenSql).First(static _ => true, message.Id.ToBytes(), message.From.Value);

    /// <summary>Forgets at most <paramref name="rows"/> of the oldest, if they are older than <paramref name="before"/> or beyond <paramref name="seenMax"/>.</summary>
    internal void ForgetSeen(int rows, DateTimeOffset before, int seenMax) =>
        Execute(ForgetSeenSql, (long)rows, before.ToUnixTimeMilliseconds(), (long)seenMax);

    /// <returns>How many rows have gone.</returns>
    internal int RemoveSetAside(MessageKey message) => Execute(RemoveSetAsideSql, message.Id.ToBytes(), message.From.Value);

    public void Dispose()
    {
        foreach (var statement in _prepared.Values)
        {
            statement.Dispose();
        }
    }

    private int Execute(string sql, params ReadOnlySpan<SqliteValue> values) => Prepared(sql).Execute(values);

    private SqliteStatement Prepared(string sql)
    {
        if (!_prepared.TryGetValue(sql, out var statement))
        {
            _prepared.Add(sql, statement = new SqliteStatement(_connection, sql));
        }

        return statement;
    }
}

using Hexagram.Protocol;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Stores;

/// <summary>One prepared statement with numbered parameters (<c>?1</c>, <c>?2</c> …), kept for as long as its connection.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteCommand _command;

    internal SqliteStatement(SqliteConnection connection, string sql, SqliteTransaction? transaction)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        _command.Transaction = transaction;
    }

    /// <summary>The transaction of a handler in which it runs; null for the store's own.</summary>
    internal SqliteTransaction? Transaction
    {
        set => _command.Transaction = value;
    }

    internal int Execute(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    internal SqliteDataReader Query(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteReader();
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        while (_command.Parameters.Count < values.Length)
        {
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"?{_command.Parameters.Count + 1}" });
        }

        for (var i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}

/// <summary>How the values of the protocol stand in columns.</summary>
internal static class SqliteColumns
{
    internal static MessageId Id(this SqliteDataReader row, int column) =>
        MessageId.TryRead(row.GetFieldValue<byte[]>(column), out var id) ? id : throw Unreadable(row, column);

    internal static UserId User(this SqliteDataReader row, int column) =>
        UserId.TryParse(row.GetString(column), out var user) ? user : throw Unreadable(row, column);

    internal static Body Body(this SqliteDataReader row, int contentType, int content) =>
        Protocol.Body.TryCreate(row.GetFieldValue<byte[]>(content), row.IsDBNull(contentType) ? "" : row.GetString(contentType), out var body)
            ? body
            : throw Unreadable(row, content);

    internal static DateTimeOffset Instant(this SqliteDataReader row, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    /// <summary>SQLite's integers are signed; the bits are the same.</summary>
    internal static long ToColumn(this Epoch epoch) => unchecked((long)epoch.Value);

    internal static Epoch ToEpoch(long column) => new(unchecked((ulong)column));

    /// <summary>The bytes of a body as a column takes them: without a copy when they fill their array.</summary>
    internal static byte[] ToColumn(this in Body body) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body.Content, out var segment)
            && segment.Array is { } array && segment.Offset == 0 && segment.Count == array.Length
                ? array
                : body.Content.ToArray();

    private static InvalidDataException Unreadable(SqliteDataReader row, int column) =>
        new($"Column {row.GetName(column)} does not hold what was written there.");
}

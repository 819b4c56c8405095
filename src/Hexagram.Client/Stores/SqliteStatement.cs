using Hexagram.Protocol;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Hexagram.Client.Stores;

/// <summary>
/// One prepared statement with numbered parameters (<c>?1</c>, <c>?2</c> …), kept for as long as its connection. It speaks to SQLite
/// directly: a command and its reader, made for each run, would cost more than SQLite does.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    internal SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle!;
        Check(sqlite3_prepare_v3(_connection, sql, SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <returns>How many rows were changed, if it changes rows.</returns>
    internal int Execute(params ReadOnlySpan<SqliteValue> values)
    {
        try
        {
            Step(values);
            return sqlite3_changes(_connection);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>What <paramref name="read"/> finds in the first row; the default when there is none.</summary>
    internal T? First<T>(Func<sqlite3_stmt, T> read, params ReadOnlySpan<SqliteValue> values)
    {
        try
        {
            return Step(values) ? read(_statement) : default;
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => _statement.Dispose();

    /// <returns>There is a row.</returns>
    private bool Step(ReadOnlySpan<SqliteValue> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            Check(values[i].Bind(_statement, i + 1));
        }

        var result = sqlite3_step(_statement);
        if (result is not (SQLITE_ROW or SQLITE_DONE))
        {
            Check(result);
        }

        return result == SQLITE_ROW;
    }

    /// <summary>Lets go of the row and of the values. It repeats the error of the run, which has been told.</summary>
    private void Reset()
    {
        _ = sqlite3_reset(_statement);
        _ = sqlite3_clear_bindings(_statement);
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);
}

/// <summary>A value for a column: a number, a text, bytes, or nothing.</summary>
internal readonly struct SqliteValue
{
    private readonly object? _object;
    private readonly long _number;
    private readonly bool _isNumber;

    private SqliteValue(long number)
    {
        _number = number;
        _isNumber = true;
    }

    private SqliteValue(object? value) => _object = value;

    public static implicit operator SqliteValue(long number) => new(number);

    public static implicit operator SqliteValue(string? text) => new((object?)text);

    public static implicit operator SqliteValue(byte[]? bytes) => new((object?)bytes);

    /// <returns>SQLite's result code.</returns>
    internal int Bind(sqlite3_stmt statement, int parameter) => _object switch
    {
        string text => sqlite3_bind_text(statement, parameter, text),
        byte[] bytes => sqlite3_bind_blob(statement, parameter, bytes),
        _ => _isNumber ? sqlite3_bind_int64(statement, parameter, _number) : sqlite3_bind_null(statement, parameter),
    };
}

/// <summary>How the values of the protocol stand in columns.</summary>
internal static class SqliteColumns
{
    internal static MessageId Id(this SqliteDataReader row, int column) =>
        MessageId.TryRead(row.GetFieldValue<byte[]>(column), out var id) ? id : throw Unreadable(row.GetName(column));

    internal static UserId User(this SqliteDataReader row, int column) =>
        UserId.TryParse(row.GetString(column), out var user) ? user : throw Unreadable(row.GetName(column));

    internal static Body Body(this SqliteDataReader row, int contentType, int content) =>
        Body(row.GetFieldValue<byte[]>(content), row.IsDBNull(contentType) ? null : row.GetString(contentType));

    internal static Body Body(this sqlite3_stmt row, int contentType, int content) =>
        Body(sqlite3_column_blob(row, content).ToArray(), sqlite3_column_text(row, contentType).utf8_to_string());

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

    private static Body Body(byte[] content, string? contentType) =>
        Protocol.Body.TryCreate(content, contentType ?? "", out var body) ? body : throw Unreadable("content");

    private static InvalidDataException Unreadable(string column) => new($"Column {column} does not hold what was written there.");
}

using System.Data.Common;
using System.Diagnostics;
using Hexagram.Client;
using Microsoft.Data.Sqlite;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>What an application has of its messages: a table in the client's own file, written in the transaction of the inbox. Nothing in it forbids a double.</summary>
internal static class Ledger
{
    /// <summary>Writes a message down.</summary>
    public static async Task NoteAsync(Message message, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = (SqliteCommand)transaction.Connection!.CreateCommand();
        command.Transaction = (SqliteTransaction)transaction;
        command.CommandText = "CREATE TABLE IF NOT EXISTS ledger (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, text TEXT NOT NULL)";
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = "INSERT INTO ledger (at, text) VALUES (?1, ?2)";
        command.Parameters.AddWithValue("?1", Stopwatch.GetTimestamp());
        command.Parameters.AddWithValue("?2", message.Text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What is written down in the client's file, in its order, and when; also while the application runs.</summary>
    public static IReadOnlyList<(long At, string Text)> Read(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "client.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'";
        var notes = new List<(long, string)>();
        if ((long)command.ExecuteScalar()! == 0)
        {
            return notes;
        }

        command.CommandText = "SELECT at, text FROM ledger ORDER BY number";
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            notes.Add((row.GetInt64(0), row.GetString(1)));
        }

        return notes;
    }
}

using System.Data.Common;
using System.Globalization;
using Hexagram.Client;
using Microsoft.Data.Sqlite;

namespace Hexagram.EndToEnd.ClientCrashes;

/// <summary>
/// An application on the client, in a process of its own that its test kills: at a fail point that it is told in its environment, or at any moment.
/// </summary>
internal static class CrashingProgram
{
    /// <summary>The first word of its command line.</summary>
    internal const string Word = "crash";

    /// <summary>The text after which a receiver ends by itself.</summary>
    internal const string End = "end";

    /// <summary>Runs as <c>send SERVER TOKEN FOLDER FIRST COUNT</c> or <c>receive SERVER TOKEN FOLDER plain|transaction</c>.</summary>
    internal static async Task<int> RunAsync(string[] words)
    {
        var options = new HexagramClientOptions
        {
            Server = new Uri($"tcp://{words[1]}"),
            Token = words[2],
            Store = ClientStore.Sqlite(words[3]),
            Reconnect = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
        };
        await using var client = await HexagramClient.OpenAsync(options);
        switch (words[0])
        {
            case "send":
                await SendAsync(client, Number(words[4]), Number(words[5]));
                return 0;
            case "receive":
                await ReceiveAsync(client, words[3], inTransaction: words[4] == "transaction");
                return 0;
            default:
                return 2;
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    /// <summary>Sends numbers, three calls at a time, and says when each is called and when it has returned. Ends when all are delivered.</summary>
    private static async Task SendAsync(HexagramClient client, int first, int count)
    {
        for (var n = first; n < first + count; n += 3)
        {
            var calls = new List<Task<SentMessage>>();
            for (var m = n; m < n + 3; m++)
            {
                Console.WriteLine($"call {m}");
                calls.Add(client.SendAsync("bob", $"{m}"));
            }

            foreach (var (call, m) in calls.Zip(Enumerable.Range(n, 3)))
            {
                await call;
                Console.WriteLine($"sent {m}");
            }

            await (await calls[0]).Accepted;
        }

        await Task.WhenAll(client.ListOutbox().Select(message => message.Delivered));
    }

    /// <summary>Notes every message: plainly in a file, or in a table of its own in the client's file. Ends after <see cref="End"/>.</summary>
    private static async Task ReceiveAsync(HexagramClient client, string folder, bool inTransaction)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Note(folder, "begin");
        Console.WriteLine("begin");
        if (inTransaction)
        {
            client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
            {
                FailPoint.Pass("handler.entered");
                await NoteAsync(message, transaction, cancellationToken);
                FailPoint.Pass("handler.wrote");
                Said(message);
            });
        }
        else
        {
            client.OnMessage((message, _) =>
            {
                FailPoint.Pass("handler.entered");
                Note(folder, $"{message.Text} {(message.Redelivered ? "again" : "new")}");
                FailPoint.Pass("handler.wrote");
                Said(message);
                return Task.CompletedTask;
            });
        }

        await ended.Task;

        void Said(Message message)
        {
            Console.WriteLine(message.Text);
            if (message.Text == End)
            {
                ended.TrySetResult();
            }
        }
    }

    private static void Note(string folder, string line) => File.AppendAllText(NotesFile(folder), $"{line}\n");

    internal static string NotesFile(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, "notes.txt");

    private static async Task NoteAsync(Message message, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = (SqliteCommand)transaction.Connection!.CreateCommand();
        command.Transaction = (SqliteTransaction)transaction;
        command.CommandText = "CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT)";
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = "INSERT INTO notes (text) VALUES (?1)";
        command.Parameters.AddWithValue("?1", message.Text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The notes that stand in the client's file, in their order.</summary>
    internal static IReadOnlyList<string> NotesInTable(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "client.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT text FROM notes ORDER BY number";
        using var row = command.ExecuteReader();
        var notes = new List<string>();
        while (row.Read())
        {
            notes.Add(row.GetString(0));
        }

        return notes;
    }
}

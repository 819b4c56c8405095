using System.Globalization;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>A process with a store, beside others over the same mailboxes. It says what was accepted, each line only after it was told.</summary>
internal static class NodeProcess
{
    internal const string Verb = "append-node";
    internal const int MessagesCount = 3_000;

    private const int InFlight = 60;

    // What every line ends with, so that one cut short by a kill can be told from a whole one.
    private const char EndOfLine = ';';

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static UserId[] Mailboxes { get; } = [new("north"), new("east"), new("south"), new("west")];

    /// <summary>Runs it to its end, or until it has said so many lines and is killed; and returns what it was told.</summary>
    internal static async Task<List<Accepted>> ListenAsync(PostgresStoreOptions options, int node, int? killAfter)
    {
        var told = new List<Accepted>();
        var process = new MortalProcess(Verb, Patience);
        string[] words = [options.ConnectionString, options.Schema, $"{node}"];
        await (killAfter is { } lines ? process.DieAfterAsync(lines, words, Note) : process.LiveAsync(words, Note));
        return told;

        void Note(string line)
        {
            if (line.EndsWith(EndOfLine))
            {
                var said = line[..^1].Split(' ');
                told.Add(new Accepted(said[0], int.Parse(said[1], CultureInfo.InvariantCulture), new UserId(said[2]), long.Parse(said[3], CultureInfo.InvariantCulture)));
            }
        }
    }

    /// <summary>Plays the process: one sender for each mailbox, in order, some in flight.</summary>
    internal static async Task<int> RunAsync(string connectionString, string schema, int node)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Schema = schema, Writers = 2, Readers = 1 };
        await using var store = await PostgresMailboxStore.OpenAsync(options, TimeProvider.System);
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        var lane = new AppendLane();
        var sender = $"node-{node}";
        var answers = new Queue<(int Number, UserId Mailbox, Task<AppendResult> Answer)>();
        for (var n = 0; n < MessagesCount || answers.Count > 0; n++)
        {
            if (n < MessagesCount)
            {
                var mailbox = Mailboxes[(n + node) % Mailboxes.Length];
                var item = new AppendItem(mailbox, new UserId(sender), MessageId.New(DateTimeOffset.UtcNow), $"{n / Mailboxes.Length}", lane);
                answers.Enqueue((n / Mailboxes.Length, mailbox, store.AppendAsync(item).AsTask()));
            }

            if (answers.Count >= InFlight || n >= MessagesCount)
            {
                var (number, mailbox, answer) = answers.Dequeue();
                await output.WriteLineAsync($"{sender} {number} {mailbox} {(await answer).Sequence.Value}{EndOfLine}");
                await output.FlushAsync();
            }
        }

        return 0;
    }

    internal sealed record Accepted(string Sender, int Number, UserId Mailbox, long Sequence);
}

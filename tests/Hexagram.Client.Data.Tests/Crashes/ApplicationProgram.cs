using System.Data.Common;
using System.Globalization;
using Hexagram.Client.Data.Tests.Databases;

namespace Hexagram.Client.Data.Tests.Crashes;

/// <summary>
/// An application with a database, in a process of its own that its test kills: at a fail point that it is told in its environment, or at any moment.
/// </summary>
internal static class ApplicationProgram
{
    /// <summary>The first word of its command line.</summary>
    internal const string Word = "application";

    /// <summary>Takes one life of it after the other.</summary>
    internal static readonly MortalProcess Process = new(Word, TimeSpan.FromSeconds(60));

    /// <summary>How it ends when its store is another's.</summary>
    internal const int StoreRefused = 3;

    /// <summary>The text after which a receiver ends by itself.</summary>
    internal const string End = "end";

    /// <summary>
    /// Runs as <c>order SERVER postgres|sqlite CONNECTION FIRST COUNT</c>, <c>answer SERVER postgres|sqlite CONNECTION</c>, or
    /// <c>hold SERVER postgres|sqlite CONNECTION TEXT</c>.
    /// </summary>
    internal static async Task<int> RunAsync(string[] words)
    {
        try
        {
            return await WorkAsync(words);
        }
        catch (ClientStoreException fault)
        {
            Console.WriteLine(fault.Message);
            return StoreRefused;
        }
    }

    private static async Task<int> WorkAsync(string[] words)
    {
        var dialect = words[2] == "postgres" ? SqlDialect.PostgreSql : SqlDialect.Sqlite;
        await using var dataSource = TestDatabase.Open(dialect, words[3]);
        await using var client = await HexagramClient.OpenAsync(new HexagramClientOptions
        {
            Server = new Uri(words[1]),
            Token = words[0] == "answer" ? "clerk" : "shop",
            Store = new DatabaseClientStore(dataSource, dialect, words[0])
            {
                PollInterval = TimeSpan.FromMilliseconds(20),

                // Who is to be refused need not wait long for it.
                OwnerPatience = TimeSpan.FromSeconds(words[0] == "hold" ? 2 : 5),
            },
            Reconnect = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
        });
        if (words[0] == "order")
        {
            await OrderAsync(client, dataSource, int.Parse(words[4], CultureInfo.InvariantCulture), int.Parse(words[5], CultureInfo.InvariantCulture));
        }
        else if (words[0] == "hold")
        {
            await HoldAsync(client, words[4]);
        }
        else
        {
            await AnswerAsync(client);
        }

        return 0;
    }

    /// <summary>Writes orders and sends them, each in a transaction, of which every third is rolled back. Ends when all are delivered.</summary>
    private static async Task OrderAsync(HexagramClient client, DbDataSource dataSource, int first, int count)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        for (var n = first; n < first + count; n++)
        {
            Console.WriteLine($"begin {n}");
            await using var transaction = await connection.BeginTransactionAsync();
            await ExecuteAsync(transaction, $"INSERT INTO orders (number) VALUES ({n})");
            FailPoint.Pass("order.written");
            var message = await client.SendAsync("bob", $"{n}", transaction);
            FailPoint.Pass("order.enqueued");
            if (n % 3 == 0)
            {
                await transaction.RollbackAsync();
                continue;
            }

            await transaction.CommitAsync();
            FailPoint.Pass("order.committed");
            if (n % 4 == 0)
            {
                await (await message.Sent).Accepted;
            }
        }

        await client.SendAsync("bob", End);
        await Task.WhenAll(client.ListOutbox().Select(message => message.Delivered));
    }

    /// <summary>Owns the store, sends one message, and ends when it is killed: nobody tells Bob that it is the end.</summary>
    private static async Task HoldAsync(HexagramClient client, string text)
    {
        var message = await client.SendAsync("bob", text);
        Console.WriteLine("open");
        await message.Delivered;
        Console.WriteLine("delivered");
        await new TaskCompletionSource().Task;
    }

    /// <summary>Notes every message and answers it, in the transaction of the inbox. Ends when the answer to <see cref="End"/> is delivered.</summary>
    private static async Task AnswerAsync(HexagramClient client)
    {
        var ended = new TaskCompletionSource<SentMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        Console.WriteLine("begin");
        client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
        {
            FailPoint.Pass("handler.entered");
            await ExecuteAsync(transaction, $"INSERT INTO notes (number, text) VALUES ({message.Sequence}, '{message.Text}')");
            FailPoint.Pass("handler.wrote");
            var answer = await client.SendAsync("bob", message.Text, cancellationToken);
            Console.WriteLine(message.Text);
            if (message.Text == End)
            {
                ended.TrySetResult(answer);
            }
        });
        await (await ended.Task).Delivered;
    }

    private static async Task ExecuteAsync(DbTransaction transaction, string sql)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}

using System.Data.Common;
using System.Globalization;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests.Crashes;

/// <summary>The database server itself crashes and comes back while messages go both ways.</summary>
public sealed class DatabaseCrashTests
{
    private static readonly int Crashes = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 20 : 3;

    [Fact]
    public async Task A_database_that_crashes_under_traffic_costs_nothing_that_was_committed_and_sends_nothing_else()
    {
        await using var postgreSql = await PostgreSqlServer.StartNewAsync();
        using var database = TestDatabase.PostgreSql(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "last");
        database.Execute("CREATE TABLE orders (number INTEGER); CREATE TABLE notes (number INTEGER, text TEXT)");
        await using var client = await HexagramClient.OpenAsync(server.Options("shop", database.Store()));
        client.OnMessageInTransaction(async (message, transaction, cancellationToken) =>
            await ExecuteAsync(transaction, $"INSERT INTO notes (number, text) VALUES ({message.Sequence}, '{message.Text}')", cancellationToken));
        await using var alice = await server.OpenAsync("alice");

        var next = 1;
        var asked = 0;
        for (var crash = 0; crash < Crashes; crash++)
        {
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var stop = new CancellationTokenSource();
            var writing = WriteUntilAsync(enough, stop.Token);
            await enough.Task.Within();
            await postgreSql.CrashAsync();
            await postgreSql.StartAsync();
            await stop.CancelAsync();
            await writing.Within();
        }

        while (!await TryOrderAsync("last"))
        {
        }

        await last.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(
            [.. database.Read("SELECT number FROM orders WHERE number > 0 ORDER BY number", row => $"{row.GetInt32(0)}"), "last"],
            server.Received);

        // A last one, so that everything before it has been handled.
        var end = await alice.SendAsync("shop", $"{++asked}").Within();
        await end.Delivered.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Enumerable.Range(1, asked).Select(n => n.ToString(CultureInfo.InvariantCulture)), database.Read("SELECT text FROM notes ORDER BY number", row => row.GetString(0)));

        async Task WriteUntilAsync(TaskCompletionSource enough, CancellationToken stop)
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                await TryOrderAsync($"{next}");
                if (n < 200)
                {
                    await alice.SendAsync("shop", $"{++asked}");
                }

                if (n == 40)
                {
                    enough.SetResult();
                }
            }
        }

        // Whether an order whose commit has failed is there, the table says in the end.
        async Task<bool> TryOrderAsync(string text)
        {
            try
            {
                await using var connection = await database.DataSource.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await ExecuteAsync(transaction, $"INSERT INTO orders (number) VALUES ({(text == "last" ? 0 : next++)})", CancellationToken.None);
                await client.SendAsync("bob", text, transaction);
                await transaction.CommitAsync();
                return true;
            }
            catch (DbException)
            {
                // The database is away.
                return false;
            }
        }
    }

    private static async Task ExecuteAsync(DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

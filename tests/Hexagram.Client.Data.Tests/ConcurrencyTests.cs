using System.Collections.Concurrent;
using System.Diagnostics;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;

namespace Hexagram.Client.Data.Tests;

/// <summary>Many transactions at once, of which a third is rolled back; what arrives is compared with what was committed.</summary>
public sealed class ConcurrencyTests
{
    private static readonly int Scale = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 10 : 1;

    [Theory]
    [InlineData(true, 12, 250)]
    [InlineData(false, 4, 100)]
    public async Task Exactly_what_is_committed_arrives_once_and_each_after_what_was_committed_before_it(bool postgreSql, int writers, int transactionsEach)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "last");
        var store = database.Store();
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", store));
        var outbox = new HexagramOutbox(database.Dialect, "app");
        var committed = new ConcurrentBag<Committed>();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(writer)))).WaitAsync(TimeSpan.FromMinutes(3));
        await SendingTests.EnqueueAsync(database, outbox, "last");
        await last.WaitAsync(TimeSpan.FromMinutes(1));

        var texts = server.Received.ToList();
        Assert.Equal("last", texts[^1]);
        texts.RemoveAt(texts.Count - 1);
        Assert.Equal(committed.SelectMany(one => one.Texts).Order(StringComparer.Ordinal), texts.Order(StringComparer.Ordinal));
        var places = texts.Select((text, place) => (text, place)).ToDictionary(pair => pair.text, pair => pair.place);
        AssertOrder([.. committed], places);
        Measured.Report($"{writers * transactionsEach * Scale} concurrent transactions over {(postgreSql ? "PostgreSQL" : "SQLite")}, a third rolled back: {texts.Count} messages sent, exactly those committed");

        async Task WriteAsync(int writer)
        {
            var random = new Random(writer);
            await using var connection = await database.DataSource.OpenConnectionAsync();
            for (var n = 0; n < transactionsEach * Scale; n++)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                var texts = Enumerable.Range(0, random.Next(1, 4)).Select(part => $"{writer}.{n}.{part}").ToList();
                var began = Stopwatch.GetTimestamp();
                foreach (var text in texts)
                {
                    // Some by the process that owns the client, some as by any other.
                    await (n % 2 == 0 ? outbox.EnqueueAsync(transaction, "bob", text) : client.SendAsync("bob", text, transaction));
                }

                if (random.Next(3) == 0)
                {
                    await transaction.RollbackAsync();
                }
                else
                {
                    await transaction.CommitAsync();
                    committed.Add(new Committed(texts, began, Stopwatch.GetTimestamp()));
                }
            }
        }
    }

    /// <summary>Within a transaction in the order of the calls; and whatever began after a commit comes after what was committed.</summary>
    private static void AssertOrder(List<Committed> committed, Dictionary<string, int> places)
    {
        Assert.All(committed, one => Assert.Equal(one.Texts.Select(text => places[text]).Order(), one.Texts.Select(text => places[text])));
        var byEnd = committed.OrderBy(one => one.Ended).ToList();
        var (next, highest) = (0, -1);
        foreach (var one in committed.OrderBy(one => one.Began))
        {
            for (; next < byEnd.Count && byEnd[next].Ended < one.Began; next++)
            {
                highest = Math.Max(highest, places[byEnd[next].Texts[^1]]);
            }

            Assert.True(places[one.Texts[0]] > highest, $"{one.Texts[0]} was enqueued after a commit whose message came after it.");
        }
    }

    /// <summary>A transaction that was committed: what it sent, and between which moments.</summary>
    private sealed record Committed(List<string> Texts, long Began, long Ended);
}

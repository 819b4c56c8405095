using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests.Crashes;

/// <summary>An application that is killed between any two steps, again and again, against a real server and a real database.</summary>
public sealed class CrashTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1";

    private static readonly MortalProcess Application = ApplicationProgram.Process;

    /// <summary>Every step of a message's way from the application's transaction out of the device; the number is the pass at which the process dies.</summary>
    private static readonly string[] SenderDies =
    [
        "order.written:1", "order.enqueued:2", "order.committed:1", "order.committed:3", "outbox.inserting:2", "store.committing:3", "store.committing:5",
        "store.committed:3", "store.committed:6", "outbox.inserted:1", "outbox.taken:1", "outbox.marked:1", "outbox.written:1", "outbox.accepted:2", "outbox.reported:1",
    ];

    /// <summary>Every step of a message's way into the application, and of its answer's out of it.</summary>
    private static readonly string[] ReceiverDies =
    [
        "inbox.transaction:1", "inbox.transaction:3", "handler.entered:2", "handler.wrote:1", "handler.wrote:3", "inbox.committing:2", "store.committing:4", "store.committed:4",
        "inbox.handled:1", "inbox.handled:3", "inbox.committed:2", "inbox.confirmed:1", "outbox.written:1", "outbox.accepted:1",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_killed_application_has_committed_is_sent_once_and_in_order_and_nothing_else(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == ApplicationProgram.End);
        database.Execute("CREATE TABLE orders (number INTEGER)");
        var first = 1;
        string[] Words(int count) => ["order", $"{server.Address}", postgreSql ? "postgres" : "sqlite", database.ConnectionString, $"{first}", $"{count}"];
        foreach (var point in Points(SenderDies, postgreSql))
        {
            await Application.DieAtAsync(point, Words(1_000_000));
            first += 1_000;
        }

        foreach (var lines in Moments(postgreSql))
        {
            await Application.DieAfterAsync(lines, Words(1_000_000));
            first += 1_000;
        }

        await Application.LiveAsync(Words(20));
        await last.Within();
        Assert.Equal([.. Numbers(database, "SELECT number FROM orders ORDER BY number").Select(number => $"{number}"), ApplicationProgram.End], server.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_killed_application_receives_is_handled_and_answered_once_and_in_order(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == ApplicationProgram.End);
        await using var alice = await server.OpenAsync("alice");
        database.Execute("CREATE TABLE notes (number INTEGER, text TEXT)");
        var sent = new List<string>();
        async Task<string[]> WordsAsync()
        {
            // Enough for one life, so that the next always has something to do.
            for (var n = 0; n < 8; n++)
            {
                sent.Add($"{sent.Count + 1}");
                await alice.SendAsync("clerk", sent[^1]);
            }

            return ["answer", $"{server.Address}", postgreSql ? "postgres" : "sqlite", database.ConnectionString];
        }

        foreach (var point in Points(ReceiverDies, postgreSql))
        {
            await Application.DieAtAsync(point, await WordsAsync());
        }

        foreach (var lines in Moments(postgreSql))
        {
            await Application.DieAfterAsync(lines % 7 + 1, await WordsAsync());
        }

        var words = await WordsAsync();
        sent.Add(ApplicationProgram.End);
        await alice.SendAsync("clerk", ApplicationProgram.End).Within();
        await Application.LiveAsync(words);
        await last.Within();
        Assert.Equal(sent, Texts(database, "SELECT text FROM notes ORDER BY number"));
        Assert.Equal(sent, server.Received);
    }

    /// <summary>Every other one over each database, so that each strikes once; all of them over both when there is time.</summary>
    private static IEnumerable<string> Points(string[] points, bool postgreSql) => points.Where((_, n) => Long || n % 2 == (postgreSql ? 0 : 1));

    private static IEnumerable<int> Moments(bool postgreSql) => Enumerable.Range(1, Long ? 40 : postgreSql ? 4 : 2).Select(n => 1 + n * 7 % 23);

    private static List<long> Numbers(TestDatabase database, string sql) => database.Read(sql, row => row.GetInt64(0));

    private static List<string> Texts(TestDatabase database, string sql) => database.Read(sql, row => row.GetString(0));
}

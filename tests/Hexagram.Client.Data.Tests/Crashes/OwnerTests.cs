using System.Collections.Concurrent;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests.Crashes;

/// <summary>Two processes that want one store, as when an application runs twice by mistake, or its next version starts before the last has ended.</summary>
public sealed class OwnerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_process_is_told_whose_the_store_is_and_takes_over_when_the_first_is_killed(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "from the second");
        string[] Words(string text) => ["hold", $"{server.Address}", postgreSql ? "postgres" : "sqlite", database.ConnectionString, text];
        var refusals = new ConcurrentQueue<string>();

        // The first is alive, and has said so, for as long as the second asks in vain.
        var opened = new TaskCompletionSource();
        var refused = new ManualResetEventSlim();
        var first = ApplicationProgram.Process.DieAfterAsync(2, Words("from the first"), line =>
        {
            opened.TrySetResult();
            if (line == "delivered")
            {
                refused.Wait(TimeSpan.FromSeconds(60));
            }
        });
        await opened.Task.Within();
        await ApplicationProgram.Process.LiveAsync(Words("never"), refusals.Enqueue, ApplicationProgram.StoreRefused);
        refused.Set();
        await first;

        // Killed, it has neither closed its connection nor given its lock back.
        await ApplicationProgram.Process.DieAfterAsync(2, Words("from the second"));
        await last.Within();

        var told = Assert.Single(refusals);
        Assert.Contains("'hold'", told, StringComparison.Ordinal);
        Assert.Contains("in use by another client", told, StringComparison.Ordinal);
        Assert.Equal(["from the first", "from the second"], server.Received);
    }
}

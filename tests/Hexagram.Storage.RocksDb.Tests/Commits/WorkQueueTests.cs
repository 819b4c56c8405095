using Hexagram.Storage.RocksDb.Commits;

namespace Hexagram.Storage.RocksDb.Tests.Commits;

public sealed class WorkQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_comes_as_the_taker_gives_up_waiting_is_taken_all_the_same()
    {
        const int Items = 5_000;

        // So short a wait ends at nearly every moment at which something can come.
        var queue = new WorkQueue(TimeSpan.FromTicks(1));
        using var taken = new SemaphoreSlim(0);
        var taker = Task.Factory.StartNew(() => TakeAll(queue, taken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var n = 0; n < Items; n++)
        {
            queue.Add(new SettleWork());
            Assert.True(await taken.WaitAsync(Patience), $"Item {n} was never taken.");
        }

        queue.Close("The test is over.", null);
        Assert.Equal(Items, await taker.WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_unwritten_wakes_a_taker_that_sleeps()
    {
        var queue = new WorkQueue(TimeSpan.FromTicks(1));
        var taker = Task.Factory.StartNew(() => queue.Take([]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        queue.Unwritten();

        Assert.Empty((await taker.WaitAsync(Patience))!);
    }

    private static int TakeAll(WorkQueue queue, SemaphoreSlim taken)
    {
        var count = 0;
        while (queue.Take([]) is { } some)
        {
            count += some.Count;
            if (some.Count > 0)
            {
                taken.Release(some.Count);
            }
        }

        return count;
    }
}

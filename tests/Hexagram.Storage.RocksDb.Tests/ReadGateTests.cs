namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>RocksDB must not be closed under a reader's feet.</summary>
public sealed class ReadGateTests
{
    [Fact]
    public async Task Closing_waits_for_the_last_reader_and_lets_no_other_in()
    {
        var gate = new ReadGate();
        gate.Enter();
        gate.Enter();
        var closed = gate.CloseAsync();
        gate.Leave();

        Assert.False(closed.IsCompleted);
        Assert.Throws<StoreUnavailableException>(gate.Enter);
        Assert.False(closed.IsCompleted, "A reader that was not let in does not count.");
        gate.Leave();
        await closed.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Empty_gate_closes_at_once_and_once()
    {
        var gate = new ReadGate();

        await gate.CloseAsync();
        await gate.CloseAsync();

        Assert.Throws<StoreUnavailableException>(gate.Enter);
    }

    [Fact]
    public async Task Readers_beside_a_closing_store_get_a_page_or_are_told_that_it_is_closed()
    {
        await using var place = new RocksDbPlace(inMemory: true);
        var store = place.Open(new RocksDbStoreOptions { Folder = place.Folder }, TimeProvider.System);
        using var reading = new SemaphoreSlim(0);
        var readers = Enumerable.Range(0, 4).Select(n => Task.Run(async () =>
        {
            var pages = 0;
            try
            {
                for (; ; pages++)
                {
                    await store.ReadAsync(new Hexagram.Protocol.UserId($"user-{n}"), default, 10, 10, CancellationToken.None);
                    if (pages == 100)
                    {
                        reading.Release();
                    }
                }
            }
            catch (StoreUnavailableException)
            {
                return pages;
            }
        })).ToList();
        for (var n = 0; n < readers.Count; n++)
        {
            Assert.True(await reading.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        }

        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(readers), pages => Assert.True(pages >= 100));
    }
}

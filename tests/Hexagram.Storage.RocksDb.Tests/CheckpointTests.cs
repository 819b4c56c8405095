using Hexagram.Storage.RocksDb.Inspecting;

namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>A second store beside one that is at work.</summary>
public sealed class CheckpointTests : Folders.FolderTest
{
    private const int Writers = 4;
    private const int Before = 400;
    private const int Checkpoints = 5;

    private string Copies => Folder + "-copies";

    [Fact]
    public async Task What_was_accepted_before_is_in_it_and_nothing_by_halves()
    {
        Directory.CreateDirectory(Copies);
        await using var store = RocksDbMailboxStore.Open(
            new RocksDbStoreOptions { Folder = Folder, Limits = new MailboxLimits { UnconfirmedMax = int.MaxValue, UnconfirmedPerSenderMax = int.MaxValue } },
            TimeProvider.System);
        using var end = new CancellationTokenSource();
        var accepted = 0L;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                Assert.Equal(AppendOutcome.New, (await store.AppendAsync(Message(new string('x', 600)))).Outcome);
                if (Interlocked.Increment(ref accepted) >= Before)
                {
                    enough.TrySetResult();
                }
            }
        })).ToArray();
        await enough.Task;

        var bounds = new List<(long Least, long Most)>();
        for (var n = 0; n < Checkpoints; n++)
        {
            var least = Interlocked.Read(ref accepted);
            await store.CheckpointAsync(Path.Combine(Copies, $"{n}"));
            bounds.Add((least, Interlocked.Read(ref accepted) + Writers));
        }

        await end.CancelAsync();
        await Task.WhenAll(writing);

        for (var n = 0; n < Checkpoints; n++)
        {
            var folder = Path.Combine(Copies, $"{n}");
            using (var view = StoreView.Open(folder))
            {
                Assert.InRange(view.Verify().Entries, bounds[n].Least, bounds[n].Most);
            }

            await using var copy = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = folder }, TimeProvider.System);
            Assert.Equal(store.Epoch, copy.Epoch);
            Assert.InRange(await CountAsync(copy), bounds[n].Least, bounds[n].Most);
        }

        Assert.Equal(accepted, await CountAsync(store));
        Directory.Delete(Copies, recursive: true);
    }

    [Fact]
    public async Task What_is_written_to_the_one_does_not_show_in_the_other()
    {
        await AppendAsync(3);
        await using var store = Open();
        await store.CheckpointAsync(Copies);
        await store.AppendAsync(Message("later"));

        await using (var copy = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Copies }, TimeProvider.System))
        {
            await copy.BeginEpochAsync();
            await copy.AppendAsync(Message("a"));
            await copy.AppendAsync(Message("b"));
            Assert.Equal(5, await CountAsync(copy));
            Assert.NotEqual(store.Epoch, copy.Epoch);
        }

        Assert.Equal(4, await CountAsync(store));
        Directory.Delete(Copies, recursive: true);
    }

    [Fact]
    public async Task A_place_where_none_can_be_made_is_told_and_the_store_goes_on()
    {
        await using var store = Open();
        await store.AppendAsync(Message("first"));
        Directory.CreateDirectory(Copies);

        await Assert.ThrowsAsync<IOException>(async () => await store.CheckpointAsync(Copies));
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.CheckpointAsync(Path.Combine(Folder, "HOLDER", "inside")));

        Assert.Null(store.Fault);
        await store.AppendAsync(Message("second"));
        Assert.Equal(2, await CountAsync(store));
        Directory.Delete(Copies);
    }
}

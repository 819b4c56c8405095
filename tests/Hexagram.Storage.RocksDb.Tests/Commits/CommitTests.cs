using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Commits;
using Hexagram.Storage.RocksDb.Databases;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Storage.RocksDb.Tests.Commits;

/// <summary>What is written when: seen at the one place where the store writes.</summary>
public sealed class CommitTests : IAsyncDisposable
{
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly DeviceId Phone = new("phone");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RocksDbPlace _place = new(inMemory: true);
    private readonly RecordedWrites _writes = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public ValueTask DisposeAsync() => _place.DisposeAsync();

    [Fact]
    public async Task Commit_is_synced_if_it_holds_an_append_a_new_device_or_an_epoch_and_only_then()
    {
        await using var store = Open();
        var message = Message();

        await store.AppendAsync(message);
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await store.BeginEpochAsync();
        Assert.Equal([(true, 3), (true, 1), (true, 1)], _writes.Take());

        await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(1));
        await store.DevicesAsync(Bob, CancellationToken.None);
        Assert.Equal([(false, 1)], _writes.Take());

        await store.AppendAsync(message);
        await store.AppendAsync(message with { Body = "another" });
        await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(1));
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, store.Epoch, new Sequence(1), StreamStart.Oldest));
        Assert.Empty(_writes.Take());
    }

    [Fact]
    public async Task After_a_failed_write_nothing_is_written_again()
    {
        await using var store = Open();
        _place.FailSyncs();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message()));
        _writes.Take();

        for (var n = 0; n < 5; n++)
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message()));
            Assert.Contains(_place.Folder, fault.Message, StringComparison.Ordinal);
            Assert.Contains("The disk did not sync", fault.Message, StringComparison.Ordinal);
        }

        Assert.Empty(_writes.Take());
        Assert.Same(store.Fault, store.Fault);
    }

    [Fact]
    public async Task Commit_takes_at_most_so_many_items()
    {
        await using var store = Open(options => options with { BatchItemsMax = 10 });

        await GatherAsync(store, 25, bodyBytes: 1);

        // Two records for each entry with a small body, and one more for the mailbox that comes into being.
        Assert.Equal([3, 20, 20, 10], _writes.Take().Select(write => write.Records));
    }

    [Fact]
    public async Task Large_body_has_a_record_of_its_own()
    {
        await using var store = Open();
        await GatherAsync(store, 2, bodyBytes: 600);

        Assert.Equal([3, 6], _writes.Take().Select(write => write.Records));
    }

    [Fact]
    public async Task Commit_takes_no_further_item_beyond_so_many_bytes()
    {
        await using var store = Open(options => options with { BatchBytesMax = 1_000 });

        await GatherAsync(store, 10, bodyBytes: 400);

        Assert.Equal([3, 6, 6, 6, 2], _writes.Take().Select(write => write.Records));
    }

    [Fact]
    public async Task Confirmations_of_one_device_in_one_commit_are_written_once()
    {
        await using var store = Open();
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await GatherAsync(store, 10, bodyBytes: 1);
        _writes.Take();
        var held = _place.HoldNextCommit();
        var first = store.AppendAsync(Message()).AsTask();
        await held.Arrived.WaitAsync(Patience);
        var confirmations = Enumerable.Range(1, 10).Select(n => store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(n)).AsTask()).ToList();
        held.Dispose();

        await Task.WhenAll([first, .. confirmations]).WaitAsync(Patience);
        await store.DevicesAsync(Bob, CancellationToken.None);

        Assert.Equal([(true, 2), (false, 1)], _writes.Take());
    }

    [Fact]
    public async Task Confirmation_of_what_is_in_mind_does_not_wait_for_the_commit_under_way()
    {
        await using var store = Open();
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await GatherAsync(store, 3, bodyBytes: 1);
        var held = _place.HoldNextCommit();
        var fifth = store.AppendAsync(Message()).AsTask();
        await held.Arrived.WaitAsync(Patience);

        var confirmed = store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(4));
        var beyond = store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(5));

        Assert.True(confirmed.IsCompletedSuccessfully);
        Assert.Equal([1L, 2L, 3L, 4L], (await confirmed).NewlyDelivered.Select(message => message.Sequence.Value));
        Assert.False(beyond.IsCompleted, "What is not on the disk yet cannot be confirmed yet.");
        held.Dispose();
        await fifth.WaitAsync(Patience);
        await beyond.AsTask().WaitAsync(Patience);
    }

    [Fact]
    public async Task Confirmation_is_written_by_itself_when_nothing_else_is()
    {
        await using var store = Open();
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await GatherAsync(store, 2, bodyBytes: 1);
        for (var n = 1; n <= 2; n++)
        {
            var held = _place.HoldNextCommit();
            await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(n));
            await held.Arrived.WaitAsync(Patience);
            held.Dispose();
        }
    }

    [Fact]
    public async Task What_was_confirmed_last_is_written_when_the_store_is_closed()
    {
        await using (var store = Open())
        {
            await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            await GatherAsync(store, 3, bodyBytes: 1);
            await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(3));
        }

        await using var again = Open();
        Assert.Equal(3, Assert.Single(await again.DevicesAsync(Bob, CancellationToken.None)).Cursor.Value);
    }

    [Fact]
    public async Task What_was_confirmed_is_known_also_when_its_mailbox_has_to_make_room_in_mind()
    {
        await using var store = Open(options => options with { MailboxesCachedMax = 1 });
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        for (var n = 1; n <= 20; n++)
        {
            var message = Message();
            await store.AppendAsync(message);
            var held = _place.HoldNextCommit();
            var other = store.AppendAsync(Message() with { To = new UserId($"other-{n}") }).AsTask();
            await held.Arrived.WaitAsync(Patience);
            var confirmed = store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(n)).AsTask();
            held.Dispose();
            await Task.WhenAll(other, confirmed).WaitAsync(Patience);

            var status = Assert.Single(await store.StatusAsync(Bob, Alice, [message.Id], CancellationToken.None));
            Assert.Equal(MessageState.Delivered, status.State);
        }
    }

    [Fact]
    public async Task Much_written_within_a_second_does_not_run_past_the_disk_reserve()
    {
        await using var store = Open(options => options with { DiskReserveBytes = 1 << 20 });
        await store.AppendAsync(Message());
        _place.ShowFreeBytes(1 << 19);

        // The clock stands still; what is written has to make the store look again.
        var written = 0;
        while ((await store.AppendAsync(Message(bodyBytes: 10_000))).Outcome == AppendOutcome.New)
        {
            written += 10_000;
            Assert.True(written < 1 << 18, "A quarter of the reserve has been written without a look at the disk.");
        }
    }

    [Fact]
    public async Task Nobody_runs_on_the_commit_thread_but_the_store()
    {
        await using var store = Open();
        for (var n = 0; n < 100; n++)
        {
            await store.AppendAsync(Message());
            Assert.NotEqual(CommitThread.Name, Thread.CurrentThread.Name);
        }
    }

    [Fact]
    public async Task Few_answers_continue_on_the_commit_thread_whoever_allows_it_and_many_do_not()
    {
        await using var store = Open();
        Assert.Equal([CommitThread.Name], await ThreadsOfAnswersAsync(store, 1));
        Assert.DoesNotContain(CommitThread.Name, await ThreadsOfAnswersAsync(store, 100));
    }

    [Fact]
    public async Task Answers_are_right_when_their_objects_are_used_again()
    {
        await using var store = Open();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            var (to, lane) = (new UserId($"user-{n}"), new AppendLane());
            for (var i = 1; i <= 300; i++)
            {
                var result = await store.AppendAsync(new AppendItem(to, Alice, MessageId.New(DateTimeOffset.UtcNow), $"{i}", lane));
                Assert.Equal((AppendOutcome.New, i), (result.Outcome, result.Sequence.Value));
            }
        })));
    }

    private static AppendItem Message(int bodyBytes = 1) =>
        new(Bob, Alice, MessageId.New(DateTimeOffset.UtcNow), new string('x', bodyBytes), new AppendLane());

    /// <summary>The names of the threads on which answers are continued that came together.</summary>
    private async Task<IEnumerable<string?>> ThreadsOfAnswersAsync(RocksDbMailboxStore store, int count)
    {
        var held = _place.HoldNextCommit();
        var first = store.AppendAsync(Message()).AsTask();
        await held.Arrived.WaitAsync(Patience);
        var names = Enumerable.Range(0, count).Select(async _ =>
        {
            await store.AppendAsync(Message() with { ContinuesInline = true }).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }).ToList();
        held.Dispose();
        await first.WaitAsync(Patience);
        return (await Task.WhenAll(names).WaitAsync(Patience)).Distinct();
    }

    /// <summary>Appends a first message, and a number of them while that one is being written.</summary>
    private async Task GatherAsync(RocksDbMailboxStore store, int count, int bodyBytes)
    {
        var held = _place.HoldNextCommit();
        var first = store.AppendAsync(Message()).AsTask();
        await held.Arrived.WaitAsync(Patience);
        var others = Enumerable.Range(0, count).Select(_ => store.AppendAsync(Message(bodyBytes)).AsTask()).ToList();
        held.Dispose();
        await Task.WhenAll([first, .. others]).WaitAsync(Patience);
    }

    private RocksDbMailboxStore Open(Func<RocksDbStoreOptions, RocksDbStoreOptions>? tune = null)
    {
        var options = new RocksDbStoreOptions { Folder = _place.Folder };
        var store = _place.Open(tune?.Invoke(options) ?? options, _clock, _writes.Around);
        _writes.Take();
        return store;
    }

    private sealed class RecordedWrites
    {
        private readonly List<(bool Synced, int Records)> _written = [];

        internal IBatchWriter Around(IBatchWriter writer) => new Recorder(this, writer);

        internal List<(bool Synced, int Records)> Take()
        {
            lock (_written)
            {
                List<(bool, int)> taken = [.. _written];
                _written.Clear();
                return taken;
            }
        }

        private sealed class Recorder(RecordedWrites writes, IBatchWriter writer) : IBatchWriter
        {
            public void Write(RocksBatch batch, bool sync)
            {
                lock (writes._written)
                {
                    writes._written.Add((sync, batch.Count));
                }

                writer.Write(batch, sync);
            }
        }
    }
}

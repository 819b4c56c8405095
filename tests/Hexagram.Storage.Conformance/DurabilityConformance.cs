using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Durable before visible, and what a failed sync does. Implementations inherit these tests.</summary>
public abstract class DurabilityConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task Nothing_is_read_or_told_before_the_commit_that_covers_it()
    {
        var before = await AppendManyAsync(1);
        await BeginAsync(Phone);
        var message = Message();
        Task<AppendResult> answer, resent;
        Task<Confirmation> confirmation;
        using (var held = Place.HoldNextCommit())
        {
            answer = AppendAsync(message);
            await held.Arrived.WaitAsync(Patience);
            resent = AppendAsync(message);
            confirmation = ConfirmAsync(Phone, 2);

            Assert.Equal(before.Single().Id, Assert.Single((await ReadAllAsync()).Entries).Id);
            Assert.Equal(1, (await PositionAsync()).Last.Value);
            Assert.Equal([IsUnknown(message)], await StatusAsync(message));
            Assert.False(answer.IsCompleted, "msg:A before the sync would be a lie.");
            Assert.False(resent.IsCompleted, "A duplicate of what is not durable is not durable.");
        }

        Assert.Equal(AppendOutcome.New, (await answer).Outcome);
        Assert.Equal(AppendOutcome.Duplicate, (await resent).Outcome);
        Assert.Equal(2, (await confirmation).Cursor.Value);
        Assert.Equal(2, (await ReadAllAsync()).Entries.Count);
        Assert.Equal(2, (await PositionAsync()).Last.Value);
    }

    [Fact]
    public async Task Entry_in_the_commit_under_way_can_be_confirmed_only_when_it_can_be_read()
    {
        await BeginAsync(Phone);
        Task<AppendResult> first, second;
        Task<Confirmation> confirming;
        using (var held = Place.HoldNextCommit())
        {
            first = AppendAsync(Message());
            await held.Arrived.WaitAsync(Patience);

            // These two may come into one commit: when the confirmation is decided, the second entry is not on the disk.
            second = AppendAsync(Message());
            confirming = ConfirmAsync(Phone, 2);
        }

        await Task.WhenAll(first, second);
        var early = await confirming;
        var late = await ConfirmAsync(Phone, 2);
        Assert.Contains(early.Cursor.Value, new[] { 0L, 2L });
        Assert.Equal([1L, 2L], early.NewlyDelivered.Concat(late.NewlyDelivered).Select(message => message.Sequence.Value));
    }

    [Fact]
    public async Task Failed_sync_fails_the_batch_and_all_that_is_queued_behind_it()
    {
        await BeginAsync(Phone);
        List<Task> asked;
        using (var held = Place.HoldNextCommit())
        {
            asked = [AppendAsync(Message())];
            await held.Arrived.WaitAsync(Patience);
            asked.AddRange([AppendAsync(Message()), AppendAsync(Message(to: Carol)), ConfirmAsync(Phone, 1), BeginAsync(Laptop), BeginEpochAsync()]);
            Place.FailSyncs();
        }

        foreach (var task in asked)
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => task);
            Assert.NotNull(fault.InnerException);
        }
    }

    [Fact]
    public async Task Store_whose_sync_failed_stops_for_good()
    {
        var before = await AppendManyAsync(2);
        await BeginAsync(Phone);
        Assert.Null(Store.Fault);
        Place.FailSyncs();
        var epoch = Store.Epoch;
        var message = Message();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(message));

        Assert.NotNull(Store.Fault);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(message));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(before[0]));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ConfirmAsync(Phone, 1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => BeginAsync(Laptop));
        await Assert.ThrowsAsync<StoreUnavailableException>(BeginEpochAsync);
        Assert.Equal(epoch, Store.Epoch);

        // What had been durable can still be read; what had not been cannot.
        Assert.Equal(2, (await ReadAllAsync()).Entries.Count);
        Assert.Equal(2, (await PositionAsync()).Last.Value);
        Assert.Equal([IsUnknown(message)], await StatusAsync(message));
    }

    [Fact]
    public async Task After_a_failed_sync_and_a_restart_nothing_promised_is_missing_and_a_resend_settles_the_rest()
    {
        var before = await AppendManyAsync(2);
        Place.FailSyncs();
        var message = Message();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(message));
        await ReopenAsync();

        Assert.Null(Store.Fault);
        Assert.Equal(before.Select(item => item.Id), (await ReadAllAsync()).Entries.Take(2).Select(entry => entry.Id));
        var resent = await AppendAsync(message);
        Assert.Contains(resent.Outcome, new[] { AppendOutcome.New, AppendOutcome.Duplicate });
        Assert.Equal(3, resent.Sequence.Value);
        Assert.Equal(3, (await ReadAllAsync()).Entries.Count);
    }

    [Fact]
    public async Task Closing_finishes_what_was_handed_over()
    {
        var store = Store;
        Task<AppendResult>[] answers;
        Task closing;
        using (var held = Place.HoldNextCommit())
        {
            var first = AppendAsync(Message());
            await held.Arrived.WaitAsync(Patience);
            answers = [first, AppendAsync(Message()), AppendAsync(Message())];
            closing = CloseAsync();
        }

        await closing.WaitAsync(Patience);
        Assert.All(await Task.WhenAll(answers), result => Assert.Equal(AppendOutcome.New, result.Outcome));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message()));
        await OpenAsync();
        Assert.Equal(3, (await ReadAllAsync()).Entries.Count);
    }

    [Fact]
    public async Task Closed_store_says_that_it_is_closed()
    {
        var store = Store;
        await CloseAsync();
        var token = TestContext.Current.CancellationToken;

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message()));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadAsync(Bob, Sequence.None, 1, 1, token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.PositionsAsync([Bob], token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.StatusAsync(Bob, Alice, [], token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.DevicesAsync(Bob, token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ForgetAsync(Clock.GetUtcNow(), token));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ConfirmAsync(Bob, Phone, default, default));
        await store.DisposeAsync();
    }

    private Task BeginEpochAsync() => Store.BeginEpochAsync().AsTask().WaitAsync(Patience);
}

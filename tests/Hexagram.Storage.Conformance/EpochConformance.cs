using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>
/// Histories: what happens to clients that have seen entries of one that is lost. Here a restore is played by beginning an epoch and
/// by a client that says it has more of the old history than the store. Implementations inherit these tests.
/// </summary>
public abstract class EpochConformance(IStorePlace place) : StoreTest(place)
{
    private Epoch _old;

    [Fact]
    public async Task Store_has_an_epoch_from_the_start_and_keeps_it()
    {
        var epoch = Store.Epoch;
        Assert.NotEqual(Epoch.None, epoch);
        await ReopenAsync();
        Assert.Equal(epoch, Store.Epoch);
    }

    [Fact]
    public async Task New_epoch_is_another_and_survives_a_restart()
    {
        var first = Store.Epoch;
        var second = await Store.BeginEpochAsync();
        var third = await Store.BeginEpochAsync();

        Assert.Equal(3, new HashSet<Epoch> { first, second, third, Epoch.None }.Count - 1);
        Assert.Equal(third, Store.Epoch);
        await ReopenAsync();
        Assert.Equal(third, Store.Epoch);
    }

    [Fact]
    public async Task Client_of_an_older_epoch_goes_back_to_the_branch_point()
    {
        var items = await RestoreAsync(shared: 5, since: 3);
        await BeginAsync(Phone);

        var opening = await HelloAsync(Phone, _old, 9);

        Assert.Equal(5, opening.ResumeAfter.Value);
        Assert.Equal(5, opening.Cursor.Value);
        Assert.Equal(items[..5].Select((item, n) => Delivers(item, n + 1)), opening.NewlyDelivered);
        Assert.Equal(IsAccepted(items[5]), (await StatusAsync(items[5]))[0]);
    }

    [Fact]
    public async Task Client_of_an_older_epoch_that_is_behind_the_branch_point_resumes_from_its_cursor()
    {
        await RestoreAsync(shared: 5, since: 3);
        await BeginAsync(Phone);

        var opening = await HelloAsync(Phone, _old, 2);

        Assert.Equal(2, opening.ResumeAfter.Value);
        Assert.Equal(2, opening.Cursor.Value);
        Assert.Equal(2, opening.NewlyDelivered.Count);
    }

    [Fact]
    public async Task Branch_point_of_a_mailbox_without_entries_since_is_its_newest()
    {
        await RestoreAsync(shared: 5, since: 0);

        var opening = await HelloAsync(Phone, _old, 9);

        Assert.Equal(ErrorCode.None, opening.Code);
        Assert.Equal(5, opening.ResumeAfter.Value);
        Assert.Equal(5, opening.NewlyDelivered.Count);
    }

    [Fact]
    public async Task Branch_point_of_a_mailbox_that_came_into_being_since_is_before_its_first()
    {
        await RestoreAsync(shared: 0, since: 3);

        var opening = await HelloAsync(Phone, _old, 9);

        Assert.Equal(0, opening.ResumeAfter.Value);
        Assert.Empty(opening.NewlyDelivered);
    }

    [Fact]
    public async Task Branch_point_is_that_of_the_first_epoch_after_the_clients()
    {
        var first = Store.Epoch;
        await AppendManyAsync(2);
        var second = await Store.BeginEpochAsync();
        await AppendManyAsync(2);
        var third = await Store.BeginEpochAsync();
        await Store.BeginEpochAsync();
        await AppendManyAsync(2);
        await ReopenAsync();
        await BeginAsync(Phone);

        Assert.Equal(2, (await HelloAsync(Phone, first, 9)).ResumeAfter.Value);
        Assert.Equal(4, (await HelloAsync(Phone, second, 9)).ResumeAfter.Value);
        Assert.Equal(4, (await HelloAsync(Phone, third, 9)).ResumeAfter.Value);
        Assert.Equal(6, (await ResumeAsync(Phone, 6)).ResumeAfter.Value);
    }

    [Fact]
    public async Task Cursor_of_an_older_epoch_never_counts_for_the_numbers_of_the_new_one()
    {
        var items = await RestoreAsync(shared: 2, since: 4);

        await HelloAsync(Phone, _old, 6);

        Assert.Equal(
            [IsDelivered(items[0]), IsDelivered(items[1]), IsAccepted(items[2]), IsAccepted(items[3]), IsAccepted(items[4]), IsAccepted(items[5])],
            await StatusAsync(items));
    }

    [Fact]
    public async Task Client_of_an_unknown_epoch_confirms_nothing_and_goes_back_to_what_the_device_had_confirmed()
    {
        await AppendManyAsync(5);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 3);

        var ahead = await HelloAsync(Phone, new Epoch(12345), 5);
        var behind = await HelloAsync(Phone, new Epoch(12345), 1);

        Assert.Equal(3, ahead.ResumeAfter.Value);
        Assert.Equal(3, ahead.Cursor.Value);
        Assert.Empty(ahead.NewlyDelivered);
        Assert.Equal(1, behind.ResumeAfter.Value);
    }

    [Theory]
    [InlineData(StreamStart.Oldest)]
    [InlineData(StreamStart.Latest)]
    public async Task Unknown_device_of_an_unknown_epoch_misses_nothing(StreamStart start)
    {
        await AppendManyAsync(5);

        var opening = await HelloAsync(Phone, new Epoch(12345), 5, start);

        Assert.Equal(0, opening.ResumeAfter.Value);
        Assert.Equal(0, opening.Cursor.Value);
        Assert.Empty(opening.NewlyDelivered);
    }

    [Fact]
    public async Task Device_that_skipped_history_keeps_its_start_through_a_restore()
    {
        await AppendManyAsync(4);
        await BeginAsync(Phone, StreamStart.Latest);
        _old = Store.Epoch;
        await Store.BeginEpochAsync();
        await AppendManyAsync(2);

        var opening = await HelloAsync(Phone, _old, 2);

        Assert.Equal(4, opening.ResumeAfter.Value);
        Assert.Empty(opening.NewlyDelivered);
    }

    [Fact]
    public async Task Numbering_goes_on_in_the_new_epoch()
    {
        await RestoreAsync(shared: 3, since: 2);

        Assert.Equal([1L, 2L, 3L, 4L, 5L], (await ReadAllAsync()).Entries.Select(entry => entry.Sequence.Value));
    }

    private async Task<List<AppendItem>> RestoreAsync(int shared, int since)
    {
        _old = Store.Epoch;
        var items = await AppendManyAsync(shared);
        await Store.BeginEpochAsync();
        return [.. items, .. await AppendManyAsync(since)];
    }
}

using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Reading: pages and positions. Implementations inherit these tests.</summary>
public abstract class ReadConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task Mailbox_that_does_not_exist_is_empty()
    {
        var page = await ReadAllAsync();

        Assert.Empty(page.Entries);
        Assert.Equal(new MailboxPosition(new Sequence(1), Sequence.None), page.Position);
        Assert.Equal(page.Position, await PositionAsync());
    }

    [Fact]
    public async Task Page_begins_after_the_given_place_and_holds_at_most_so_many_entries()
    {
        var items = await AppendManyAsync(10);

        var page = await ReadAsync(after: 3, entriesMax: 4);

        Assert.Equal([4L, 5L, 6L, 7L], page.Entries.Select(entry => entry.Sequence.Value));
        Assert.Equal(items[3..7].Select(item => item.Id), page.Entries.Select(entry => entry.Id));
        Assert.Equal(new MailboxPosition(new Sequence(1), new Sequence(10)), page.Position);
    }

    [Fact]
    public async Task Pages_one_after_the_other_give_the_whole_mailbox_once()
    {
        var items = await AppendManyAsync(25);
        var read = new List<Entry>();
        while (await ReadAsync(after: read.Count, entriesMax: 7) is { Entries.Count: > 0 } page)
        {
            read.AddRange(page.Entries);
        }

        Assert.Equal(items.Select(item => item.Id), read.Select(entry => entry.Id));
        Assert.Equal(Enumerable.Range(1, 25).Select(n => (long)n), read.Select(entry => entry.Sequence.Value));
    }

    [Fact]
    public async Task Page_stops_before_its_bodies_exceed_the_bytes_but_always_holds_one()
    {
        foreach (var size in new[] { 100, 100, 100, 1000, 1 })
        {
            await AppendAsync(Message(new string('x', size)));
        }

        Assert.Equal([1L, 2L], await SequencesAsync(after: 0, bytesMax: 299));
        Assert.Equal([1L, 2L, 3L], await SequencesAsync(after: 0, bytesMax: 300));
        Assert.Equal([4L], await SequencesAsync(after: 3, bytesMax: 1));
        Assert.Equal([4L], await SequencesAsync(after: 3, bytesMax: 1000));
        Assert.Equal([4L, 5L], await SequencesAsync(after: 3, bytesMax: 1001));
        Assert.Equal([1L], await SequencesAsync(after: 0, bytesMax: 0));
    }

    [Fact]
    public async Task Nothing_lies_after_the_newest_entry()
    {
        await AppendManyAsync(2);

        Assert.Empty((await ReadAsync(after: 2)).Entries);
        Assert.Empty((await ReadAsync(after: 1_000)).Entries);
        Assert.Empty((await ReadAsync(after: long.MaxValue - 1)).Entries);
    }

    [Fact]
    public async Task Positions_of_many_mailboxes_come_in_the_order_asked()
    {
        await AppendManyAsync(3);
        await AppendManyAsync(1, to: Carol);

        Assert.Equal(
            [At(1, 1), At(1, 0), At(1, 3), At(1, 1)],
            await Store.PositionsAsync([Carol, Alice, Bob, Carol], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Entries_survive_a_restart_and_numbering_goes_on()
    {
        await AppendManyAsync(5);
        var before = await ReadAllAsync();
        await ReopenAsync();

        Assert.Equal(before.Entries, (await ReadAllAsync()).Entries);
        Assert.Equal(before.Position, await PositionAsync());
        Assert.Equal(6, (await AppendAsync(Message())).Sequence.Value);
    }

    [Fact]
    public async Task Read_that_was_cancelled_says_so()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ReadAsync(Bob, Sequence.None, 1, 1, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.PositionsAsync([Bob], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.StatusAsync(Bob, Alice, [], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.DevicesAsync(Bob, cancelled));
    }

    private static MailboxPosition At(long first, long last) => new(new Sequence(first), new Sequence(last));

    private async Task<MailboxPage> ReadAsync(long after, int entriesMax = int.MaxValue, int bytesMax = int.MaxValue) =>
        await Store.ReadAsync(Bob, new Sequence(after), entriesMax, bytesMax, TestContext.Current.CancellationToken);

    private async Task<IEnumerable<long>> SequencesAsync(long after, int bytesMax) =>
        (await ReadAsync(after, bytesMax: bytesMax)).Entries.Select(entry => entry.Sequence.Value);
}

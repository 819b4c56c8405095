using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Many callers at once. Implementations inherit these tests.</summary>
public abstract class ConcurrencyConformance(IStorePlace place) : StoreTest(place)
{
    private const int SendersCount = 8;
    private const int MessagesEach = 250;

    [Fact]
    public async Task Many_senders_to_one_mailbox_leave_no_gap_and_each_ones_order()
    {
        var sent = await Task.WhenAll(Enumerable.Range(0, SendersCount).Select(n => Task.Run(() => SendAsync(new UserId($"sender-{n}")))));

        var entries = (await ReadAllAsync()).Entries;
        Assert.Equal(Enumerable.Range(1, SendersCount * MessagesEach).Select(n => (long)n), entries.Select(entry => entry.Sequence.Value));
        foreach (var messages in sent)
        {
            Assert.Equal(
                messages.Select(message => (message.Item.Id, message.Result.Sequence)),
                entries.Where(entry => entry.From == messages[0].Item.From).Select(entry => (entry.Id, entry.Sequence)));
        }
    }

    [Fact]
    public async Task Calls_made_without_awaiting_are_decided_in_their_order()
    {
        var items = Enumerable.Range(0, 1_000).Select(n => Message($"{n}", to: new UserId($"user-{n % 3}"))).ToList();

        var results = await Task.WhenAll(items.Select(AppendAsync));

        for (var n = 0; n < items.Count; n++)
        {
            Assert.Equal((n / 3) + 1, results[n].Sequence.Value);
        }
    }

    [Fact]
    public async Task One_message_sent_by_many_at_once_stands_once()
    {
        var message = Message();
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => AppendAsync(message with { Lane = new AppendLane() }))));

        Assert.Single(results, result => result.Outcome == AppendOutcome.New);
        Assert.Equal(99, results.Count(result => result.Outcome == AppendOutcome.Duplicate));
        Assert.All(results, result => Assert.Equal(1, result.Sequence.Value));
        Assert.Single((await ReadAllAsync()).Entries);
    }

    [Fact]
    public async Task Reader_beside_writers_sees_a_log_that_only_grows_and_has_no_hole()
    {
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => SendAsync(new UserId($"sender-{n}")))));
        var read = new List<Entry>();
        while (read.Count < 4 * MessagesEach)
        {
            var finished = writing.IsCompleted;
            var before = (await PositionAsync()).Last;
            var page = await Store.ReadAsync(Bob, new Sequence(read.Count), 100, int.MaxValue, TestContext.Current.CancellationToken);
            Assert.True(page.Position.Last >= before, "A position never falls.");
            Assert.Equal(Enumerable.Range(read.Count + 1, page.Entries.Count).Select(n => (long)n), page.Entries.Select(entry => entry.Sequence.Value));
            Assert.True(page.Entries.Count > 0 || page.Position.Last.Value == read.Count, "What the position names can be read.");
            read.AddRange(page.Entries);
            Assert.False(finished && page.Entries.Count == 0, "All was written, so all can be read.");
            await Task.Yield();
        }

        Assert.Equal(read.Count, read.Select(entry => (entry.From, entry.Id)).Distinct().Count());
        await writing;
    }

    [Fact]
    public async Task Each_message_is_delivered_once_however_many_devices_confirm_at_once()
    {
        await AppendManyAsync(500);
        var devices = Enumerable.Range(0, 8).Select(n => new DeviceId($"device-{n}")).ToList();
        var delivered = await Task.WhenAll(devices.Select(device => Task.Run(async () =>
        {
            await BeginAsync(device);
            var mine = new List<DeliveredMessage>();
            for (var upTo = 10; upTo <= 500; upTo += 10)
            {
                mine.AddRange((await ConfirmAsync(device, upTo)).NewlyDelivered);
            }

            return mine;
        })));

        Assert.Equal(
            Enumerable.Range(1, 500).Select(n => (long)n),
            delivered.SelectMany(mine => mine).Select(message => message.Sequence.Value).Order());
    }

    private async Task<List<(AppendItem Item, AppendResult Result)>> SendAsync(UserId sender)
    {
        var lane = new AppendLane();
        var sent = new List<(AppendItem, AppendResult)>();
        for (var n = 0; n < MessagesEach; n++)
        {
            var item = Message($"{sender} {n}", from: sender, lane: lane);
            sent.Add((item, await AppendAsync(item)));
        }

        return sent;
    }
}

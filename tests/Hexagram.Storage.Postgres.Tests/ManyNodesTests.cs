namespace Hexagram.Storage.Postgres.Tests;

/// <summary>Several servers work on the same mailboxes at once. Here they are several stores in a process, and several processes of which one is killed.</summary>
public sealed class ManyNodesTests : StoreTest
{
    private const int Nodes = 4;
    private const int MessagesEach = 200;

    private static readonly UserId[] Mailboxes = [new("one"), new("two"), new("three"), new("four"), new("five")];

    [Fact]
    public async Task Nodes_that_append_to_the_same_mailboxes_at_once_leave_no_gap_and_each_senders_order()
    {
        var options = Options((await SharedServer.StartedAsync()).NewDatabase());
        var stores = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => OpenAsync(options)));
        try
        {
            var sent = await Task.WhenAll(stores.Select((store, n) => Task.Run(() => SendAsync(store, new UserId($"sender-{n}"), n))));

            for (var box = 0; box < Mailboxes.Length; box++)
            {
                var entries = await ReadAllAsync(stores[box % Nodes], Mailboxes[box]);
                AssertHoldsEachOnceAndInOrder(entries, sent.Select(messages => messages[box]));
            }
        }
        finally
        {
            await Task.WhenAll(stores.Select(store => store.DisposeAsync().AsTask()));
        }

        await ReportedAsync(options);
        Assert.Equal(0L, await AskAsync(options.ConnectionString, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));

        // Nor did anything have to be done again: each decision saw what was committed before its locks were had.
        Assert.Equal(0L, await AskAsync(options.ConnectionString, "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Message_that_reaches_two_nodes_at_once_is_new_at_one_of_them_and_a_duplicate_at_the_other()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);
        for (var n = 0; n < 50; n++)
        {
            // The mailbox comes into being with it: both make it, and one of them for nothing.
            var message = Message(Alice, new UserId($"user-{n}"));
            var results = await Task.WhenAll(
                first.AppendAsync(message).AsTask(),
                second.AppendAsync(message with { Lane = new AppendLane() }).AsTask());

            Assert.Equal([AppendOutcome.New, AppendOutcome.Duplicate], results.Select(result => result.Outcome).Order());
            Assert.All(results, result => Assert.Equal(1, result.Sequence.Value));
        }
    }

    [Fact]
    public async Task Quota_of_new_mailboxes_holds_over_all_nodes()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString()) with { Limits = new MailboxLimits { NewMailboxesPerSenderPerDay = 10 } };
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);

        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => (n % 2 == 0 ? first : second).AppendAsync(Message(Alice, new UserId($"user-{n}"))).AsTask()));

        Assert.Equal(10, results.Count(result => result.Outcome == AppendOutcome.New));
        Assert.Equal(30, results.Count(result => result.Code == ErrorCode.NewMailboxQuota));
        var positions = await first.PositionsAsync([.. Enumerable.Range(0, 40).Select(n => new UserId($"user-{n}"))], Token);
        Assert.Equal(10, positions.Sum(position => position.Last.Value));
    }

    [Fact]
    public async Task Each_message_is_delivered_once_when_devices_confirm_at_different_nodes()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => first.AppendAsync(Message(Alice, Bob)).AsTask()));

        var delivered = await Task.WhenAll(new[] { first, second }.Select((store, n) => Task.Run(async () =>
        {
            var device = new DeviceId($"device-{n}");
            await store.OpenDeviceAsync(new DeviceHello(Bob, device, Epoch.None, Sequence.None, StreamStart.Oldest));
            var mine = new List<long>();
            for (var upTo = 5; upTo <= 300; upTo += 5)
            {
                mine.AddRange((await store.ConfirmAsync(Bob, device, store.Epoch, new Sequence(upTo))).NewlyDelivered.Select(message => message.Sequence.Value));
            }

            return mine;
        })));

        Assert.Equal(Enumerable.Range(1, 300).Select(n => (long)n), delivered.SelectMany(mine => mine).Order());
    }

    [Fact]
    public async Task Epoch_that_one_node_begins_is_known_to_another_with_its_next_batch()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var first = await OpenAsync(options);
        await using var second = await OpenAsync(options);

        var begun = await first.BeginEpochAsync();
        await second.AppendAsync(Message(Alice, Bob));

        Assert.Equal(begun, second.Epoch);
    }

    [Fact]
    public async Task Processes_of_which_one_is_killed_in_the_middle_of_its_batches_lose_nothing_that_was_accepted()
    {
        var server = await SharedServer.StartedAsync();
        var options = Options(server.ConnectionString());
        await using var store = await OpenAsync(options);

        var told = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => Task.Run(() => NodeProcess.ListenAsync(options, n, killAfter: n == 0 ? 500 : null))));

        foreach (var mailbox in NodeProcess.Mailboxes)
        {
            var entries = (await ReadAllAsync(store, mailbox)).ToDictionary(entry => entry.Sequence.Value);
            foreach (var accepted in told.SelectMany(lines => lines).Where(accepted => accepted.Mailbox == mailbox))
            {
                var entry = entries[accepted.Sequence];
                Assert.Equal((accepted.Sender, $"{accepted.Number}"), (entry.From.Value, entry.Body.Text));
            }

            foreach (var sender in entries.Values.OrderBy(entry => entry.Sequence).GroupBy(entry => entry.From))
            {
                Assert.Equal(sender.Select((_, n) => $"{n}"), sender.Select(entry => entry.Body.Text));
            }
        }

        Assert.True(told.Skip(1).All(lines => lines.Count == NodeProcess.MessagesCount), "The others went on to the end.");
        Assert.True(told[0].Count < NodeProcess.MessagesCount, "It was not killed in the middle.");
        Measured.Report($"{told.Length} processes appended {told.Sum(lines => lines.Count)} messages to the same {NodeProcess.Mailboxes.Length} mailboxes in PostgreSQL, one of them killed, none lost, doubled or renumbered");
    }

    /// <summary>Sends to all mailboxes in turn without waiting for answers, and everything a second time through the same store.</summary>
    private static async Task<List<MessageId>[]> SendAsync(PostgresMailboxStore store, UserId sender, int offset)
    {
        var lane = new AppendLane();
        var sent = Mailboxes.Select(_ => new List<MessageId>()).ToArray();
        var answers = new List<Task<AppendResult>>();
        for (var n = 0; n < MessagesEach; n++)
        {
            // Nodes begin with different mailboxes, so that their batches name them in different orders.
            var box = (n + offset) % Mailboxes.Length;
            var item = Message(sender, Mailboxes[box], $"{n}", lane);
            sent[box].Add(item.Id);
            answers.Add(store.AppendAsync(item).AsTask());
            answers.Add(store.AppendAsync(item).AsTask());
            if (n % 20 == 19)
            {
                await Task.WhenAll(answers).WaitAsync(Patience);
            }
        }

        var results = await Task.WhenAll(answers).WaitAsync(Patience);
        Assert.Equal(MessagesEach, results.Count(result => result.Outcome == AppendOutcome.New));
        Assert.Equal(MessagesEach, results.Count(result => result.Outcome == AppendOutcome.Duplicate));
        return sent;
    }
}

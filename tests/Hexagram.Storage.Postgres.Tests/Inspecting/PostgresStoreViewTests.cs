using Hexagram.Storage.Postgres.Inspecting;

namespace Hexagram.Storage.Postgres.Tests.Inspecting;

/// <summary>What a view of the store shows: what there is, as of its opening.</summary>
public sealed class PostgresStoreViewTests : StoreTest
{
    [Fact]
    public async Task View_shows_mailboxes_devices_entries_and_where_messages_stand_as_of_its_opening()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var store = await OpenAsync(options);
        var first = Message(Alice, Bob);
        await store.AppendAsync(first);
        await store.AppendAsync(Message(Alice, Bob));
        await store.AppendAsync(first with { To = new UserId("carol"), Lane = new AppendLane() });
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(1));

        using var view = PostgresStoreView.Open(options);
        await store.AppendAsync(Message(Alice, Bob));

        Assert.Equal(store.Epoch, Assert.Single(view.Epochs).Epoch);
        Assert.Equal([("bob", 2L, 1L, 1), ("carol", 1L, 1L, 0)], view.ListMailboxes(null).Select(box => (box.User.Value, box.Position.Last.Value, box.Unconfirmed, box.Devices.Count)));
        Assert.Equal("carol", Assert.Single(view.ListMailboxes(Bob)).User.Value);
        Assert.Equal((0L, 1L), view.ReadMailbox(Bob)!.Devices[0] is var device ? (device.Start.Value, device.Cursor.Value) : default);
        Assert.Null(view.ReadMailbox(new UserId("nobody")));
        Assert.Equal([(1L, true), (2L, false)], view.ListEntries(Bob, Sequence.None).Select(entry => (entry.Sequence.Value, entry.IsDelivered)));
        Assert.Equal(2, Assert.Single(view.ListEntries(Bob, new Sequence(1))).Sequence.Value);
        Assert.Equal(["bob", "carol"], view.Find(first.Id, null).Select(message => message.Mailbox.Value));
        var found = Assert.Single(view.Find(first.Id, Bob));
        Assert.Equal((true, false, "phone"), (found.IsDelivered, found.IsForgotten, Assert.Single(found.Devices).Value));
    }

    [Fact]
    public async Task View_shows_what_is_forgotten_as_delivered_and_lists_more_than_one_page()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await using var store = await OpenAsync(options);
        var messages = Enumerable.Range(0, 600).Select(_ => Message(Alice, Bob)).ToList();
        await Task.WhenAll(messages.Select(message => store.AppendAsync(message).AsTask()));
        await Task.WhenAll(Enumerable.Range(0, 300).Select(n => store.AppendAsync(Message(Alice, new UserId($"user-{n}"))).AsTask()));
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(10));
        await AskAsync(options.ConnectionString, $"UPDATE {options.Schema}.entries SET accepted_at = 0 WHERE user_id = 'bob' AND sequence <= 10");
        Assert.Equal(10, (await store.ForgetAsync(TimeProvider.System.GetUtcNow(), Token)).Entries);

        using var view = PostgresStoreView.Open(options);

        Assert.Equal(301, view.ListMailboxes(null).Count());
        Assert.Equal(Enumerable.Range(11, 590).Select(n => (long)n), view.ListEntries(Bob, Sequence.None).Select(entry => entry.Sequence.Value));
        var found = Assert.Single(view.Find(messages[0].Id, Bob));
        Assert.Equal((true, true), (found.IsDelivered, found.IsForgotten));
    }

    [Fact]
    public async Task Where_there_is_no_store_that_is_said()
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());

        var refusal = Assert.Throws<StoreUnavailableException>(() => PostgresStoreView.Open(options));

        Assert.Contains("no mailbox store", refusal.Message, StringComparison.Ordinal);
    }
}

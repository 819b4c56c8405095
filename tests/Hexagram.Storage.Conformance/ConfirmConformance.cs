using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Confirming, and what it delivers. Implementations inherit these tests.</summary>
public abstract class ConfirmConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task First_device_to_confirm_delivers_and_the_second_does_not()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);
        await BeginAsync(Laptop);

        var first = await ConfirmAsync(Phone, 2);
        var second = await ConfirmAsync(Laptop, 3);

        Assert.Equal(2, first.Cursor.Value);
        Assert.Equal([Delivers(items[0], 1), Delivers(items[1], 2)], first.NewlyDelivered);
        Assert.Equal(3, second.Cursor.Value);
        Assert.Equal([Delivers(items[2], 3)], second.NewlyDelivered);
    }

    [Fact]
    public async Task Repeated_or_older_confirmation_changes_nothing_and_tells_the_cursor()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);

        foreach (var upTo in new[] { 2, 1, 0 })
        {
            var again = await ConfirmAsync(Phone, upTo);
            Assert.Equal(2, again.Cursor.Value);
            Assert.Empty(again.NewlyDelivered);
        }
    }

    [Fact]
    public async Task Confirmation_beyond_the_newest_entry_is_not_applied()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);

        var beyond = await ConfirmAsync(Phone, 4);

        Assert.Equal(1, beyond.Cursor.Value);
        Assert.Empty(beyond.NewlyDelivered);
        Assert.Equal(IsAccepted(items[1]), (await StatusAsync(items[1]))[0]);
    }

    [Fact]
    public async Task Confirmation_of_another_epoch_is_not_applied()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        var old = Store.Epoch;
        await Store.BeginEpochAsync();

        foreach (var epoch in new[] { old, Epoch.None, new Epoch(1) })
        {
            var confirmation = await Store.ConfirmAsync(Bob, Phone, epoch, new Sequence(2));
            Assert.Equal(0, confirmation.Cursor.Value);
            Assert.Empty(confirmation.NewlyDelivered);
        }

        Assert.Equal(2, (await ConfirmAsync(Phone, 2)).Cursor.Value);
    }

    [Fact]
    public async Task Confirmation_of_an_unknown_device_is_not_applied()
    {
        var items = await AppendManyAsync(1);

        var confirmation = await ConfirmAsync(Phone, 1);

        Assert.False(confirmation.IsDeviceKnown);
        Assert.Equal(0, confirmation.Cursor.Value);
        Assert.Empty(confirmation.NewlyDelivered);
        Assert.Null(await DeviceAsync(Phone));
        Assert.Equal(IsAccepted(items[0]), (await StatusAsync(items[0]))[0]);
    }

    [Fact]
    public async Task Delivered_message_is_a_delivered_duplicate()
    {
        var items = await AppendManyAsync(2);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);

        Assert.True((await AppendAsync(items[0])).Delivered);
        Assert.False((await AppendAsync(items[1])).Delivered);
    }

    [Fact]
    public async Task Messages_of_several_senders_are_delivered_to_each_by_name()
    {
        AppendItem[] items = [Message(), Message(from: Carol), Message(), Message(from: Bob)];
        foreach (var item in items)
        {
            await AppendAsync(item);
        }

        await BeginAsync(Phone);

        Assert.Equal(items.Select((item, n) => Delivers(item, n + 1)), (await ConfirmAsync(Phone, 4)).NewlyDelivered);
    }

    [Fact]
    public async Task Confirmation_after_a_restart_still_names_what_it_delivers()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ReopenAsync();

        Assert.Equal(items.Select((item, n) => Delivers(item, n + 1)), (await ConfirmAsync(Phone, 3)).NewlyDelivered);
    }

    [Fact]
    public async Task One_call_delivers_a_bounded_number_and_the_caller_repeats_it()
    {
        var items = await AppendManyAsync((2 * Confirmation.NewlyDeliveredMax) + 5);
        await BeginAsync(Phone);
        var delivered = new List<DeliveredMessage>();
        var calls = 0;
        Confirmation confirmation;
        do
        {
            confirmation = await ConfirmAsync(Phone, items.Count);
            Assert.InRange(confirmation.NewlyDelivered.Count, 1, Confirmation.NewlyDeliveredMax);
            delivered.AddRange(confirmation.NewlyDelivered);
            Assert.Equal(delivered.Count, confirmation.Cursor.Value);
            calls++;
        }
        while (confirmation.Cursor.Value < items.Count);

        Assert.Equal(3, calls);
        Assert.Equal(items.Select((item, n) => Delivers(item, n + 1)), delivered);
    }

    [Fact]
    public async Task Hello_delivers_a_bounded_number_and_says_where_the_cursor_stands()
    {
        var items = await AppendManyAsync(Confirmation.NewlyDeliveredMax + 5);
        await BeginAsync(Phone);

        var opening = await ResumeAsync(Phone, items.Count);

        Assert.Equal(items.Count, opening.ResumeAfter.Value);
        Assert.Equal(Confirmation.NewlyDeliveredMax, opening.Cursor.Value);
        Assert.Equal(Confirmation.NewlyDeliveredMax, opening.NewlyDelivered.Count);
        Assert.Equal(5, (await ConfirmAsync(Phone, items.Count)).NewlyDelivered.Count);
        Assert.Equal(items.Count, (await DeviceAsync(Phone))!.Cursor.Value);
    }

    [Fact]
    public async Task Last_seen_time_moves_with_a_confirmation()
    {
        await AppendManyAsync(1);
        await BeginAsync(Phone);
        Clock.Advance(TimeSpan.FromDays(3));
        await ConfirmAsync(Phone, 1);

        Assert.Equal(Clock.GetUtcNow(), (await DeviceAsync(Phone))!.SeenAt);
        Clock.Advance(TimeSpan.FromDays(3));
        await ResumeAsync(Phone, 1);
        Assert.Equal(Clock.GetUtcNow(), (await DeviceAsync(Phone))!.SeenAt);
    }

    [Fact]
    public async Task Confirmations_survive_a_restart()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        await ReopenAsync();

        Assert.Equal(2, (await DeviceAsync(Phone))!.Cursor.Value);
        Assert.Equal([IsDelivered(items[0]), IsDelivered(items[1]), IsAccepted(items[2])], await StatusAsync(items));
        Assert.Equal([Delivers(items[2], 3)], (await ConfirmAsync(Phone, 3)).NewlyDelivered);
    }
}

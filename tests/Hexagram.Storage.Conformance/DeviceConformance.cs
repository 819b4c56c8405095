using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Where a device's stream begins and resumes within one epoch. Implementations inherit these tests.</summary>
public abstract class DeviceConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task New_device_begins_before_the_oldest_entry()
    {
        await AppendManyAsync(3);

        var opening = await BeginAsync(Phone);

        Assert.Equal(ErrorCode.None, opening.Code);
        Assert.Equal(0, opening.ResumeAfter.Value);
        Assert.Equal(0, opening.Cursor.Value);
        Assert.Equal(new MailboxPosition(new Sequence(1), new Sequence(3)), opening.Position);
        Assert.Empty(opening.NewlyDelivered);
        Assert.Equal(new DevicePosition(Phone, new Sequence(0), new Sequence(0), Clock.GetUtcNow()), await DeviceAsync(Phone));
    }

    [Fact]
    public async Task New_device_that_asks_for_the_latest_begins_after_the_newest_entry()
    {
        await AppendManyAsync(3);

        var opening = await BeginAsync(Phone, StreamStart.Latest);

        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Equal(3, opening.Cursor.Value);
        Assert.Equal(new DevicePosition(Phone, new Sequence(3), new Sequence(3), Clock.GetUtcNow()), await DeviceAsync(Phone));
    }

    [Fact]
    public async Task Device_may_come_before_the_first_entry_of_its_mailbox()
    {
        Assert.Equal(0, (await BeginAsync(Phone)).ResumeAfter.Value);
        Assert.Equal(0, (await BeginAsync(Laptop, StreamStart.Latest)).ResumeAfter.Value);

        Assert.Equal(1, (await AppendAsync(Message())).Sequence.Value);
    }

    [Fact]
    public async Task What_was_skipped_is_not_confirmed()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone, StreamStart.Latest);
        var next = Message();
        await AppendAsync(next);

        var confirmation = await ConfirmAsync(Phone, 4);

        Assert.Equal([Delivers(next, 4)], confirmation.NewlyDelivered);
        Assert.Equal([IsAccepted(items[0]), IsAccepted(items[1]), IsAccepted(items[2]), IsDelivered(next)], await StatusAsync([.. items, next]));
    }

    [Fact]
    public async Task Known_device_with_a_new_inbox_gets_everything_since_its_start_again()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone, StreamStart.Latest);
        await AppendManyAsync(3);
        await ConfirmAsync(Phone, 5);

        var opening = await BeginAsync(Phone);

        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Equal(5, opening.Cursor.Value);
        Assert.Equal(3, (await BeginAsync(Phone, StreamStart.Latest)).ResumeAfter.Value);
    }

    [Fact]
    public async Task New_inbox_confirms_nothing_whatever_its_cursor_says()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);

        var opening = await HelloAsync(Phone, Epoch.None, 3);

        Assert.Empty(opening.NewlyDelivered);
        Assert.Equal(IsAccepted(items[0]), (await StatusAsync(items[0]))[0]);
    }

    [Fact]
    public async Task Cursor_in_Hello_confirms()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);

        var opening = await ResumeAsync(Phone, 2);

        Assert.Equal(2, opening.ResumeAfter.Value);
        Assert.Equal(2, opening.Cursor.Value);
        Assert.Equal([Delivers(items[0], 1), Delivers(items[1], 2)], opening.NewlyDelivered);
        Assert.Equal([IsDelivered(items[0]), IsDelivered(items[1]), IsAccepted(items[2])], await StatusAsync(items));
    }

    [Fact]
    public async Task Stream_resumes_from_the_clients_cursor_although_the_servers_is_higher()
    {
        await AppendManyAsync(5);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 5);

        var opening = await ResumeAsync(Phone, 2);

        Assert.Equal(2, opening.ResumeAfter.Value);
        Assert.Equal(5, opening.Cursor.Value);
        Assert.Equal(5, (await DeviceAsync(Phone))!.Cursor.Value);
    }

    [Fact]
    public async Task Cursor_below_the_start_resumes_at_the_start()
    {
        await AppendManyAsync(5);
        await BeginAsync(Phone, StreamStart.Latest);

        Assert.Equal(5, (await ResumeAsync(Phone, 2)).ResumeAfter.Value);
    }

    [Fact]
    public async Task Cursor_beyond_the_newest_entry_is_told_and_changes_nothing()
    {
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);

        var opening = await ResumeAsync(Phone, 4);

        Assert.Equal(ErrorCode.CursorAhead, opening.Code);
        Assert.Equal(3, opening.Position.Last.Value);
        Assert.Empty(opening.NewlyDelivered);
        Assert.Equal(0, (await DeviceAsync(Phone))!.Cursor.Value);
        Assert.Equal(IsAccepted(items[0]), (await StatusAsync(items[0]))[0]);
        Assert.Equal(ErrorCode.CursorAhead, (await ResumeAsync(Laptop, 4)).Code);
        Assert.Null(await DeviceAsync(Laptop));
    }

    [Fact]
    public async Task Unknown_device_that_began_with_the_oldest_confirms_what_its_inbox_has()
    {
        var items = await AppendManyAsync(4);

        var opening = await ResumeAsync(Phone, 3);

        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Equal([Delivers(items[0], 1), Delivers(items[1], 2), Delivers(items[2], 3)], opening.NewlyDelivered);
        Assert.Equal((0L, 3L), await StandsAsync(Phone));
    }

    [Fact]
    public async Task Unknown_device_that_skipped_history_confirms_nothing_before_its_cursor()
    {
        var items = await AppendManyAsync(4);

        var opening = await ResumeAsync(Phone, 3, StreamStart.Latest);

        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Empty(opening.NewlyDelivered);
        Assert.Equal((3L, 3L), await StandsAsync(Phone));
        Assert.Equal(IsAccepted(items[0]), (await StatusAsync(items[0]))[0]);
    }

    [Fact]
    public async Task Only_the_devices_own_cursor_moves()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        await BeginAsync(Laptop);
        await ConfirmAsync(Phone, 3);

        Assert.Equal(0, (await DeviceAsync(Laptop))!.Cursor.Value);
        Assert.Equal(0, (await ResumeAsync(Laptop, 0)).ResumeAfter.Value);
    }

    [Fact]
    public async Task Same_device_name_of_another_user_is_another_device()
    {
        await AppendManyAsync(2);
        await AppendManyAsync(2, to: Carol);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);

        var carols = await Store.OpenDeviceAsync(new DeviceHello(Carol, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));

        Assert.Equal(0, carols.Cursor.Value);
    }

    [Fact]
    public async Task Devices_and_their_places_survive_a_restart()
    {
        await AppendManyAsync(5);
        await BeginAsync(Phone, StreamStart.Latest);
        await AppendManyAsync(2);
        await BeginAsync(Laptop);
        await ConfirmAsync(Phone, 6);
        await ConfirmAsync(Laptop, 2);
        await ReopenAsync();

        Assert.Equal((5L, 6L), await StandsAsync(Phone));
        Assert.Equal((0L, 2L), await StandsAsync(Laptop));
        Assert.Equal(2, (await Store.DevicesAsync(Bob, TestContext.Current.CancellationToken)).Count);
        Assert.Equal(5, (await ResumeAsync(Phone, 5)).ResumeAfter.Value);
    }

    [Fact]
    public async Task Device_beyond_the_limit_is_refused_and_known_ones_are_not()
    {
        Limits = new MailboxLimits { DevicesPerUserMax = 2 };
        await ReopenAsync();
        await BeginAsync(Phone);
        await BeginAsync(Laptop);

        Assert.Equal(ErrorCode.TooManyDevices, (await BeginAsync(Tablet)).Code);
        Assert.Null(await DeviceAsync(Tablet));
        Assert.Equal(ErrorCode.None, (await BeginAsync(Phone)).Code);
    }

    [Fact]
    public async Task Device_unseen_for_long_makes_room_and_what_it_confirmed_stays_delivered()
    {
        Limits = new MailboxLimits { DevicesPerUserMax = 2 };
        await ReopenAsync();
        var items = await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        Clock.Advance(Forgetting.DeviceUnseen / 2);
        await BeginAsync(Laptop);
        Clock.Advance((Forgetting.DeviceUnseen / 2) + TimeSpan.FromSeconds(1));

        Assert.Equal(ErrorCode.None, (await BeginAsync(Tablet)).Code);

        Assert.Null(await DeviceAsync(Phone));
        Assert.Equal([IsDelivered(items[0]), IsDelivered(items[1]), IsAccepted(items[2])], await StatusAsync(items));
        await ReopenAsync();
        Assert.Null(await DeviceAsync(Phone));
        Assert.Equal([IsDelivered(items[0]), IsDelivered(items[1]), IsAccepted(items[2])], await StatusAsync(items));
        Assert.Equal([Delivers(items[2], 3)], (await ResumeAsync(Tablet, 3)).NewlyDelivered);
    }

    [Fact]
    public async Task Devices_with_many_gaps_between_them_remember_what_each_confirmed()
    {
        // A device that skips history leaves a gap behind it; here are as many as there may be devices.
        Limits = new MailboxLimits { DevicesPerUserMax = 64 };
        await ReopenAsync();
        var items = new List<AppendItem>();
        for (var n = 0; n < 64; n++)
        {
            items.AddRange(await AppendManyAsync(1));
            var device = new DeviceId($"device-{n}");
            await BeginAsync(device, StreamStart.Latest);
            items.AddRange(await AppendManyAsync(1));
            Assert.Single((await ConfirmAsync(device, (2 * n) + 2)).NewlyDelivered);
        }

        var expected = items.Select((item, n) => n % 2 == 0 ? IsAccepted(item) : IsDelivered(item));
        Assert.Equal(expected, await StatusAsync(items));
        await ReopenAsync();
        Assert.Equal(expected, await StatusAsync(items));
        Assert.Equal(64, (await ResumeAsync(new DeviceId("device-0"), 128)).NewlyDelivered.Count + 1);
    }

    [Fact]
    public async Task Rooms_made_for_devices_that_left_gaps_come_to_an_end()
    {
        Limits = new MailboxLimits { DevicesPerUserMax = 1 };
        await ReopenAsync();
        var refused = false;
        for (var n = 0; n < 200 && !refused; n++)
        {
            await AppendManyAsync(1);
            var device = new DeviceId($"device-{n}");
            refused = (await BeginAsync(device, StreamStart.Latest)).Code == ErrorCode.TooManyDevices;
            if (!refused)
            {
                await AppendManyAsync(1);
                await ConfirmAsync(device, (2 * n) + 2);
                Clock.Advance(Forgetting.DeviceUnseen + TimeSpan.FromSeconds(1));
            }
        }

        Assert.True(refused, "What devices confirmed that are gone takes room for ever, so it must be bounded.");
    }

    private async Task<(long Start, long Cursor)> StandsAsync(DeviceId device) =>
        await DeviceAsync(device) is { } position ? (position.Start.Value, position.Cursor.Value) : throw new InvalidOperationException("No such device.");
}

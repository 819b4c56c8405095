using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Forgetting: what may go, what must stay, and what is told afterwards. Implementations inherit these tests.</summary>
public abstract class ForgetConformance(IStorePlace place) : StoreTest(place)
{
    [Fact]
    public async Task Old_confirmed_entries_go_with_their_ids()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        Clock.Advance(Forgetting.Retention);

        Assert.Equal(new ForgetReport(2, 2), await ForgetAsync());

        var page = await ReadAllAsync();
        Assert.Equal(3, Assert.Single(page.Entries).Sequence.Value);
        Assert.Equal(new MailboxPosition(new Sequence(3), new Sequence(3)), page.Position);
        Assert.Equal(page.Position, await PositionAsync());
        Assert.Equal(default, await ForgetAsync());
    }

    [Fact]
    public async Task What_no_device_has_confirmed_is_never_forgotten_by_time()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        Clock.Advance(TimeSpan.FromDays(10_000));

        Assert.Equal(default, await ForgetAsync());
        Assert.Equal(3, (await ReadAllAsync()).Entries.Count);
    }

    [Fact]
    public async Task Confirmed_entry_stays_until_it_is_as_old_as_the_retention()
    {
        await AppendManyAsync(1);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Clock.Advance(Forgetting.Retention - TimeSpan.FromMilliseconds(1));

        Assert.Equal(default, await ForgetAsync());
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await ForgetAsync()).Entries);
    }

    [Fact]
    public async Task Entry_that_may_not_go_keeps_those_after_it()
    {
        await AppendManyAsync(2);
        await BeginAsync(Phone, StreamStart.Latest);
        await AppendManyAsync(2);
        await ConfirmAsync(Phone, 4);
        Clock.Advance(TimeSpan.FromDays(1000));

        Assert.Equal(default, await ForgetAsync());
        Assert.Equal([1L, 2L, 3L, 4L], (await ReadAllAsync()).Entries.Select(entry => entry.Sequence.Value));
    }

    [Fact]
    public async Task Device_that_lags_behind_holds_back_what_it_has_not_confirmed()
    {
        await AppendManyAsync(4);
        await BeginAsync(Phone);
        await BeginAsync(Laptop);
        await ConfirmAsync(Phone, 4);
        await ConfirmAsync(Laptop, 1);
        Clock.Advance(Forgetting.Retention);
        await ResumeAsync(Laptop, 1);

        Assert.Equal(1, (await ForgetAsync()).Entries);
        await ConfirmAsync(Laptop, 3);
        Assert.Equal(2, (await ForgetAsync()).Entries);
    }

    [Fact]
    public async Task Device_unseen_for_long_holds_nothing_back_and_finds_a_gap()
    {
        await AppendManyAsync(4);
        await BeginAsync(Phone);
        await BeginAsync(Laptop);
        await ConfirmAsync(Laptop, 1);
        Clock.Advance(Forgetting.Retention);
        await ConfirmAsync(Phone, 3);

        Assert.Equal(3, (await ForgetAsync()).Entries);

        var opening = await ResumeAsync(Laptop, 1);
        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Equal(4, opening.Position.FirstAvailable.Value);
        Assert.Empty(opening.NewlyDelivered);
        Assert.Equal(3, (await DeviceAsync(Laptop))!.Start.Value);
        Assert.Equal(3, (await DeviceAsync(Laptop))!.Cursor.Value);
    }

    [Fact]
    public async Task Entries_that_went_never_count_as_confirmed_by_a_device_that_had_not_got_them()
    {
        await AppendManyAsync(4);
        await BeginAsync(Phone);
        await BeginAsync(Laptop);
        Clock.Advance(Forgetting.Retention);
        await ConfirmAsync(Phone, 3);
        await ForgetAsync();

        var confirmation = await ConfirmAsync(Laptop, 4);

        Assert.Equal(4, confirmation.Cursor.Value);
        Assert.Equal(4, Assert.Single(confirmation.NewlyDelivered).Sequence.Value);
        Assert.Equal(3, (await DeviceAsync(Laptop))!.Start.Value);
    }

    [Fact]
    public async Task New_device_begins_with_the_oldest_that_is_left()
    {
        await AppendManyAsync(4);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 3);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        var opening = await BeginAsync(Laptop);

        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Equal(3, (await DeviceAsync(Laptop))!.Start.Value);
        Assert.Equal(3, (await BeginAsync(Phone)).ResumeAfter.Value);
    }

    [Fact]
    public async Task Page_asked_from_before_the_oldest_begins_later_and_has_no_hole()
    {
        await AppendManyAsync(6);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 3);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        var page = await Store.ReadAsync(Bob, new Sequence(1), 2, int.MaxValue, TestContext.Current.CancellationToken);

        Assert.Equal([4L, 5L], page.Entries.Select(entry => entry.Sequence.Value));
    }

    [Fact]
    public async Task Empty_mailbox_goes_on_numbering_where_it_was()
    {
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 3);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        Assert.Equal(new MailboxPosition(new Sequence(4), new Sequence(3)), await PositionAsync());
        Assert.Empty((await ReadAllAsync()).Entries);
        await ReopenAsync();
        Assert.Equal(new MailboxPosition(new Sequence(4), new Sequence(3)), await PositionAsync());
        Assert.Equal(4, (await AppendAsync(Message())).Sequence.Value);
        Assert.Equal(4, Assert.Single((await ReadAllAsync()).Entries).Sequence.Value);
    }

    [Fact]
    public async Task Emptied_mailbox_is_not_a_new_one()
    {
        Limits = new MailboxLimits { NewMailboxesPerSenderPerDay = 1 };
        await ReopenAsync();
        await AppendManyAsync(1);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();
        await AppendManyAsync(1, to: Carol);

        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message())).Outcome);
    }

    [Fact]
    public async Task Forgotten_id_is_expired_and_its_status_says_that_nothing_is_known()
    {
        var items = await AppendManyAsync(2);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        Assert.Equal(AppendResult.Refused(ErrorCode.Expired), await AppendAsync(items[0]));
        Assert.Equal([new MessageStatus(items[0].Id, MessageState.Waiting, Forgotten: true)], await StatusAsync(items[0]));
        await ReopenAsync();
        Assert.Equal(AppendResult.Refused(ErrorCode.Expired), await AppendAsync(items[1]));
    }

    [Fact]
    public async Task Only_ids_older_than_what_was_forgotten_are_expired()
    {
        await AppendManyAsync(1);
        var waiting = Message() with { Id = MessageId.New(Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1)) };
        var older = Message() with { Id = MessageId.New(Clock.GetUtcNow() - TimeSpan.FromMilliseconds(1)) };
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        Assert.Equal(ErrorCode.Expired, (await AppendAsync(older)).Code);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(waiting)).Outcome);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(older with { To = Carol })).Outcome);
    }

    /// <summary>It may have been accepted: refused for its time would be a false word, for that says that it was not.</summary>
    [Fact]
    public async Task Forgotten_id_stays_expired_when_the_servers_clock_is_set_back()
    {
        var items = await AppendManyAsync(1);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();
        Clock.AdjustTime(items[0].Id.MadeAt - TimeSpan.FromHours(1));

        Assert.Equal(AppendResult.Refused(ErrorCode.Expired), await AppendAsync(items[0]));
    }

    [Fact]
    public async Task Id_is_known_until_the_horizon_although_its_entry_is_gone()
    {
        Forgetting = new ForgettingPolicy { Retention = TimeSpan.FromDays(1), Horizon = TimeSpan.FromDays(30) };
        await ReopenAsync();
        var items = await AppendManyAsync(2);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(new ForgetReport(2, 0), await ForgetAsync());
        Assert.Empty((await ReadAllAsync()).Entries);
        await ReopenAsync();
        var duplicate = await AppendAsync(items[0]);
        Assert.Equal(AppendOutcome.Duplicate, duplicate.Outcome);
        Assert.Equal(1, duplicate.Sequence.Value);
        Assert.True(duplicate.Delivered);
        Assert.Equal(ErrorCode.Conflict, (await AppendAsync(items[1] with { Body = "another" })).Code);
        Assert.Equal([IsDelivered(items[0])], await StatusAsync(items[0]));

        Clock.Advance(TimeSpan.FromDays(29));
        Assert.Equal(new ForgetReport(0, 2), await ForgetAsync());
        Assert.Equal(ErrorCode.Expired, (await AppendAsync(items[0])).Code);
    }

    [Fact]
    public async Task Id_that_its_sender_made_later_than_its_neighbours_keeps_them_known()
    {
        Forgetting = new ForgettingPolicy { Retention = TimeSpan.FromDays(1), Horizon = TimeSpan.FromDays(30) };
        await ReopenAsync();
        var first = Message() with { Id = MessageId.New(Clock.GetUtcNow() + TimeSpan.FromMinutes(4)) };
        var second = Message();
        await AppendAsync(first);
        await AppendAsync(second);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        Clock.Advance(TimeSpan.FromDays(30));

        // By its own time the first is four minutes too young.
        Assert.Equal(new ForgetReport(2, 0), await ForgetAsync());
        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(first)).Outcome);
        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(second)).Outcome);
        Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(new ForgetReport(0, 2), await ForgetAsync());
    }

    [Fact]
    public async Task Forgetting_many_entries_of_many_mailboxes_removes_all_of_them()
    {
        var users = Enumerable.Range(0, 5).Select(n => new UserId($"user-{n}")).ToList();
        foreach (var user in users)
        {
            await AppendManyAsync(1_500, to: user);
            await Store.OpenDeviceAsync(new DeviceHello(user, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            await Store.ConfirmAsync(user, Phone, Store.Epoch, new Sequence(1_000));
        }

        Clock.Advance(Forgetting.Retention);

        Assert.Equal(new ForgetReport(5_000, 5_000), await ForgetAsync());
        Assert.All(
            await Store.PositionsAsync(users, TestContext.Current.CancellationToken),
            position => Assert.Equal(new MailboxPosition(new Sequence(1_001), new Sequence(1_500)), position));
    }

    [Fact]
    public async Task Appends_go_on_while_much_is_forgotten()
    {
        await AppendManyAsync(3_000);
        await BeginAsync(Phone);
        for (var upTo = 1_000; upTo <= 3_000; upTo += 1_000)
        {
            await ConfirmAsync(Phone, upTo);
        }

        Clock.Advance(Forgetting.Retention);

        var forgetting = ForgetAsync();
        for (var n = 1; n <= 50; n++)
        {
            Assert.Equal(3_000 + n, (await AppendAsync(Message())).Sequence.Value);
        }

        Assert.Equal(3_000, (await forgetting).Entries);
        Assert.Equal(50, (await ReadAllAsync()).Entries.Count);
    }

    [Fact]
    public async Task Full_mailbox_is_counted_right_after_forgetting()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 5 };
        await ReopenAsync();
        await AppendManyAsync(5);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 3);
        Clock.Advance(Forgetting.Retention);
        await ForgetAsync();

        await AppendManyAsync(3);
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message())).Code);
        await ReopenAsync();
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message())).Code);
    }

    [Fact]
    public async Task Cancelled_forgetting_stops_between_two_pieces() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.ForgetAsync(Clock.GetUtcNow(), new CancellationToken(canceled: true)));
}

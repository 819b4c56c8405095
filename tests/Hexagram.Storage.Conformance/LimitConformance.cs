using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>Bounds: each answers with its own code, and nothing is ever dropped. Implementations inherit these tests.</summary>
public abstract class LimitConformance(IStorePlace place) : StoreTest(place)
{
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Id_from_the_future_is_refused()
    {
        await OpenAsync();
        var skew = TimeSpan.FromMinutes(5);

        Assert.Equal(AppendOutcome.New, (await AppendAsync(MadeIn(skew))).Outcome);
        var ahead = MadeIn(skew + TimeSpan.FromMilliseconds(1));
        Assert.Equal(AppendResult.Refused(ErrorCode.ClockSkew), await AppendAsync(ahead));

        // Refused is final for the moment it is said, not a mark: once its time has come the same id is an id like others.
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(AppendOutcome.New, (await AppendAsync(ahead)).Outcome);
    }

    [Fact]
    public async Task Known_id_is_a_duplicate_even_when_the_servers_clock_was_set_back()
    {
        await OpenAsync();
        Clock.Advance(TimeSpan.FromHours(1));
        var message = Message();
        await AppendAsync(message);
        Clock.AdjustTime(Clock.GetUtcNow() - TimeSpan.FromHours(1));

        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(message)).Outcome);
    }

    [Fact]
    public async Task Id_from_long_ago_is_accepted_while_the_mailbox_has_forgotten_nothing()
    {
        await OpenAsync();

        Assert.Equal(AppendOutcome.New, (await AppendAsync(MadeIn(TimeSpan.FromDays(-1000)))).Outcome);
    }

    [Fact]
    public async Task Full_mailbox_asks_to_retry_later_until_something_is_confirmed()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 3 };
        await OpenAsync();
        var items = await AppendManyAsync(3);
        var more = Message();

        Assert.Equal(AppendResult.RetryLater(ErrorCode.MailboxFull), await AppendAsync(more));
        Assert.Equal(3, (await PositionAsync()).Last.Value);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(to: Carol))).Outcome);
        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(items[0] with { Lane = new AppendLane() })).Outcome);

        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Assert.Equal(4, (await AppendAsync(more)).Sequence.Value);
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message())).Code);
    }

    [Fact]
    public async Task Full_mailbox_is_still_full_after_a_restart()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 3 };
        await OpenAsync();
        await AppendManyAsync(3);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        await ReopenAsync();

        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message())).Outcome);
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message())).Code);
    }

    [Fact]
    public async Task Mailbox_fills_within_one_commit()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 3 };
        await OpenAsync();

        var results = await AppendTogetherAsync([.. Enumerable.Range(0, 5).Select(n => Message(from: new UserId($"sender-{n}"), lane: new AppendLane()))]);

        Assert.Equal([AppendOutcome.New, AppendOutcome.New, AppendOutcome.New, AppendOutcome.RetryLater, AppendOutcome.RetryLater], results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task Entries_confirmed_by_any_device_do_not_count()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 3 };
        await OpenAsync();
        await BeginAsync(Phone);
        await BeginAsync(Laptop);
        for (var n = 1; n <= 10; n++)
        {
            await AppendManyAsync(1);
            await ConfirmAsync(n % 2 == 0 ? Phone : Laptop, n);
        }

        Assert.Equal(10, (await PositionAsync()).Last.Value);
    }

    [Fact]
    public async Task One_sender_may_not_fill_the_mailbox_for_others()
    {
        Limits = new MailboxLimits { UnconfirmedPerSenderMax = 3 };
        await OpenAsync();
        await AppendManyAsync(3);
        var fourth = Message();

        Assert.Equal(AppendResult.RetryLater(ErrorCode.SenderQuota), await AppendAsync(fourth));
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(from: Carol, lane: new AppendLane()))).Outcome);
        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 1);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(fourth)).Outcome);
        Assert.Equal(ErrorCode.SenderQuota, (await AppendAsync(Message())).Code);
    }

    [Fact]
    public async Task Senders_quota_counts_right_after_a_restart_and_beside_other_senders()
    {
        Limits = new MailboxLimits { UnconfirmedPerSenderMax = 4 };
        await OpenAsync();
        for (var n = 0; n < 3; n++)
        {
            await AppendManyAsync(1);
            await AppendManyAsync(1, from: Carol);
        }

        await BeginAsync(Phone);
        await ConfirmAsync(Phone, 2);
        await ReopenAsync();

        // Alice has two left in Bob's mailbox, at 3 and 5.
        await AppendManyAsync(2);
        Assert.Equal(ErrorCode.SenderQuota, (await AppendAsync(Message(lane: new AppendLane()))).Code);
        await ConfirmAsync(Phone, 5);
        await AppendManyAsync(2);
        Assert.Equal(ErrorCode.SenderQuota, (await AppendAsync(Message(lane: new AppendLane()))).Code);
    }

    [Fact]
    public async Task Senders_quota_counts_what_comes_in_the_same_commit()
    {
        Limits = new MailboxLimits { UnconfirmedPerSenderMax = 3 };
        await OpenAsync();
        await AppendManyAsync(2);
        await AppendManyAsync(2, from: Carol);

        var results = await AppendTogetherAsync(Message(), Message(), Message());

        Assert.Equal([AppendOutcome.New, AppendOutcome.RetryLater, AppendOutcome.RetryLater], results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task Sender_may_bring_so_many_mailboxes_into_being_per_day()
    {
        Limits = new MailboxLimits { NewMailboxesPerSenderPerDay = 2 };
        await OpenAsync();
        await AppendManyAsync(1, to: new UserId("one"));
        await AppendManyAsync(1, to: new UserId("two"));
        var third = Message(to: new UserId("three"));

        Assert.Equal(AppendResult.RetryLater(ErrorCode.NewMailboxQuota), await AppendAsync(third));
        Assert.Equal(0, (await PositionAsync(third.To)).Last.Value);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(to: new UserId("two")))).Outcome);
        await AppendManyAsync(1, from: Carol, to: new UserId("four"));
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(to: new UserId("four")))).Outcome);

        await ReopenAsync();
        Assert.Equal(ErrorCode.NewMailboxQuota, (await AppendAsync(third)).Code);
        Clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(AppendOutcome.New, (await AppendAsync(third)).Outcome);
    }

    [Fact]
    public async Task New_mailboxes_are_counted_within_one_commit()
    {
        Limits = new MailboxLimits { NewMailboxesPerSenderPerDay = 3 };
        await OpenAsync();

        var results = await AppendTogetherAsync([.. Enumerable.Range(0, 4).Select(n => Message(to: new UserId($"new-{n}")))]);

        // The commit before it, which they gathered behind, brought a first one into being.
        Assert.Equal([AppendOutcome.New, AppendOutcome.New, AppendOutcome.RetryLater, AppendOutcome.RetryLater], results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task Disk_reserve_asks_to_retry_later_and_lets_everything_else_go_on()
    {
        await OpenAsync();
        var items = await AppendManyAsync(2);
        await BeginAsync(Phone);
        Place.ShowFreeBytes(1 << 20);
        Clock.Advance(TimeSpan.FromSeconds(2));
        var more = Message();

        Assert.Equal(AppendResult.RetryLater(ErrorCode.DiskReserve), await AppendAsync(more));
        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(items[0] with { Lane = new AppendLane() })).Outcome);
        Assert.Equal(2, (await ConfirmAsync(Phone, 2)).NewlyDelivered.Count);
        Assert.Equal(2, (await ReadAllAsync()).Entries.Count);
        Assert.Null(Store.Fault);

        Place.ShowFreeBytes(long.MaxValue);
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(AppendOutcome.New, (await AppendAsync(more)).Outcome);
    }

    private AppendItem MadeIn(TimeSpan time) => Message() with { Id = MessageId.New(Clock.GetUtcNow() + time) };
}

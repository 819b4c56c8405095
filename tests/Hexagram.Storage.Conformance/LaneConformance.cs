using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance;

/// <summary>
/// Nothing of one session overtakes what was told to retry later, and nothing else waits for it. Implementations inherit these tests.
/// </summary>
public abstract class LaneConformance(IStorePlace place) : StoreTest(place)
{
    public override async ValueTask InitializeAsync()
    {
        Limits = new MailboxLimits { UnconfirmedMax = 2 };
        await OpenAsync();
        await AppendManyAsync(2, from: Carol);
        await BeginAsync(Phone);
    }

    [Fact]
    public async Task Later_requests_get_the_same_answer_until_the_first_is_sent_again()
    {
        AppendItem[] items = [Message("1"), Message("2"), Message("3")];
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(items[0])).Code);
        await ConfirmAsync(Phone, 2);

        Assert.Equal(AppendResult.RetryLater(ErrorCode.MailboxFull), await AppendAsync(items[1]));
        Assert.Equal(AppendResult.RetryLater(ErrorCode.MailboxFull), await AppendAsync(items[2]));
        Assert.Equal(3, (await AppendAsync(items[0])).Sequence.Value);
        Assert.Equal(4, (await AppendAsync(items[1])).Sequence.Value);
    }

    [Fact]
    public async Task Requests_that_come_in_one_commit_are_held_back_too()
    {
        await ConfirmAsync(Phone, 1);

        var results = await AppendTogetherAsync(Message("1"), Message("2"), Message("3"));

        Assert.Equal([AppendOutcome.New, AppendOutcome.RetryLater, AppendOutcome.RetryLater], results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task Another_recipient_or_another_session_does_not_wait()
    {
        await AppendAsync(Message("held"));
        await ConfirmAsync(Phone, 2);

        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(to: Alice))).Outcome);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(lane: new AppendLane()))).Outcome);
        Assert.Equal(AppendOutcome.RetryLater, (await AppendAsync(Message())).Outcome);
    }

    [Fact]
    public async Task Refusal_of_the_first_lets_the_others_pass()
    {
        var first = Message("first");
        await AppendAsync(first);
        await ConfirmAsync(Phone, 2);
        await AppendAsync(first with { Body = "first, by another session", Lane = new AppendLane() });

        Assert.Equal(ErrorCode.Conflict, (await AppendAsync(first)).Code);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message())).Outcome);
    }

    [Fact]
    public async Task First_that_is_found_to_stand_already_lets_the_others_pass()
    {
        var first = Message("first");
        await AppendAsync(first);
        await ConfirmAsync(Phone, 2);
        await AppendAsync(first with { Lane = new AppendLane() });

        Assert.Equal(AppendOutcome.Duplicate, (await AppendAsync(first)).Outcome);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message())).Outcome);
    }

    [Fact]
    public async Task Resend_of_what_stands_already_is_answered_also_while_its_lane_is_held()
    {
        var stands = Message("stands already");
        await ConfirmAsync(Phone, 1);
        Assert.Equal(3, (await AppendAsync(stands)).Sequence.Value);
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message("held"))).Code);
        await ConfirmAsync(Phone, 2);

        var again = await AppendAsync(stands);
        Assert.Equal((AppendOutcome.Duplicate, 3), (again.Outcome, again.Sequence.Value));
        Assert.Equal(ErrorCode.Conflict, (await AppendAsync(stands with { Body = "another" })).Code);

        // Neither answer is about the one that is held, so the others still wait for it.
        Assert.Equal(ErrorCode.MailboxFull, (await AppendAsync(Message("behind it"))).Code);
    }

    [Fact]
    public async Task Resend_of_what_came_in_the_same_commit_is_answered_while_its_lane_is_held()
    {
        var first = Message("first");
        await ConfirmAsync(Phone, 1);

        var results = await AppendTogetherAsync(first, Message("held"), first, Message("behind it"));

        Assert.Equal(
            [AppendOutcome.New, AppendOutcome.RetryLater, AppendOutcome.Duplicate, AppendOutcome.RetryLater],
            results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task First_that_must_wait_again_holds_the_others_back_with_the_new_reason()
    {
        var first = Message("first");
        await AppendAsync(first);
        Place.ShowFreeBytes(0);
        Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(ErrorCode.DiskReserve, (await AppendAsync(first)).Code);
        Assert.Equal(ErrorCode.DiskReserve, (await AppendAsync(Message())).Code);
    }

    [Fact]
    public async Task Lane_that_holds_back_too_many_recipients_comes_to_its_end()
    {
        Place.ShowFreeBytes(0);
        Clock.Advance(TimeSpan.FromSeconds(2));
        var held = Enumerable.Range(0, AppendLane.HeldRecipientsMax).Select(n => Message(to: new UserId($"user-{n}"))).ToList();
        foreach (var result in await Task.WhenAll(held.Select(AppendAsync)))
        {
            Assert.Equal(ErrorCode.DiskReserve, result.Code);
        }

        Assert.Equal(AppendResult.RetryLater(ErrorCode.Resynchronize), await AppendAsync(Message()));
        Place.ShowFreeBytes(long.MaxValue);
        Clock.Advance(TimeSpan.FromSeconds(2));

        // What it remembers may go on; whom it could not remember must not, or the next message would overtake the one above.
        Assert.Equal(AppendOutcome.New, (await AppendAsync(held[7])).Outcome);
        Assert.Equal(AppendOutcome.New, (await AppendAsync(Message(to: held[7].To) with { Lane = new AppendLane() })).Outcome);
        Assert.Equal(ErrorCode.Resynchronize, (await AppendAsync(Message())).Code);
        Assert.Equal(ErrorCode.Resynchronize, (await AppendAsync(Message(to: Alice))).Code);
    }
}

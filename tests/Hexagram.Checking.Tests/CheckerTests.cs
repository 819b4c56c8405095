using Hexagram.Protocol;

namespace Hexagram.Checking.Tests;

/// <summary>Histories written by hand, each with one thing wrong, and their neighbours in which nothing is: a checker that cannot fail proves nothing.</summary>
public sealed class CheckerTests
{
    [Fact]
    public void A_message_that_was_sent_kept_handled_and_confirmed_is_in_order()
    {
        var script = new Script().Sent(1).Kept(1).Told(1, MessageState.Accepted).Handled(1).Told(1, MessageState.Delivered);
        script.History.HasDiskWitness = true;
        script.MustBeClean(bound: TimeSpan.FromSeconds(10));
        var verdict = script.Judge();
        Assert.Equal((1, 1, 1), (verdict.Sent, verdict.Delivered, verdict.Effects));
        Assert.Equal("1 sent: lost 0, doubled 0, reordered 0, lies 0, stuck 0", verdict.ToString());
    }

    [Fact]
    public void A_message_that_was_sent_and_never_handled_is_lost() =>
        new Script().Sent(1).Told(1, MessageState.Accepted).MustBe(Breach.Lost, 1);

    [Fact]
    public void A_message_whose_call_never_returned_may_arrive_or_not()
    {
        new Script().Calling(1).MustBeClean();
        new Script().Calling(1).Handled(1).Told(1, MessageState.Delivered).MustBeClean();
    }

    [Fact]
    public void A_message_that_one_of_two_devices_never_got_is_lost() =>
        new Script().With(Script.BobsTablet).Sent(1).Handled(1).Told(1, MessageState.Delivered).MustBe(Breach.Lost, 1);

    [Fact]
    public void A_device_that_burnt_takes_what_was_not_accepted_with_it()
    {
        new Script().Sent(1).Burn(Script.Alice).MustBeClean();
        new Script().Sent(1).Told(1, MessageState.Accepted).Burn(Script.Alice).MustBe(Breach.Lost, 1);
    }

    [Fact]
    public void A_device_that_burnt_is_owed_nothing() =>
        new Script().With(Script.BobsTablet).Sent(1).Handled(1).Burn(Script.BobsTablet).MustBeClean();

    [Fact]
    public void A_device_that_only_sends_is_owed_nothing()
    {
        var script = new Script();
        script.Then(at => script.History.StartedSendOnly(at, Script.BobsTablet)).Sent(1).Handled(1).MustBeClean();
    }

    [Fact]
    public void After_a_restore_one_device_is_enough_but_none_is_not()
    {
        new Script().With(Script.BobsTablet).Sent(1).Handled(1).Restore().MustBeClean();
        new Script().Sent(1).Told(1, MessageState.Accepted).Restore().MustBe(Breach.Lost, 1);
    }

    [Fact]
    public void A_restore_excuses_nothing_that_comes_after_it()
    {
        new Script().With(Script.BobsTablet).Restore().Sent(1).Handled(1).MustBe(Breach.Lost, 1);
        new Script().Restore().Sent(1).Told(1, MessageState.Accepted).Burn(Script.Alice).MustBe(Breach.Lost, 1);
        new Script().Sent(1).Told(1, MessageState.Accepted).Restore().Burn(Script.Alice).MustBeClean();
    }

    [Fact]
    public void What_was_called_accepted_is_owed_also_when_its_call_never_returned() =>
        new Script().Calling(1).Told(1, MessageState.Accepted).MustBe(Breach.Lost, 1);

    [Fact]
    public void What_was_called_accepted_is_not_called_off_nor_the_reverse()
    {
        var before = new Script().Sent(1).Told(1, MessageState.Accepted);
        before.Then(at => before.History.CalledOff(at, Script.Message(1))).MustBe(Breach.Lie, 1);
        var after = new Script().Sent(1);
        after.Then(at => after.History.CalledOff(at, Script.Message(1))).Told(1, MessageState.Accepted).MustBe(Breach.Lie, 1);
    }

    [Fact]
    public void A_sender_that_lives_and_is_never_told_is_stuck()
    {
        var bound = TimeSpan.FromMinutes(1);
        new Script().Sent(1).Told(1, MessageState.Accepted).Handled(1).MustBe(Breach.Stuck, 1, bound);
        new Script().Sent(1).Handled(1).Told(1, MessageState.Delivered).MustBeClean(bound);
        new Script().Sent(1).Handled(1).Burn(Script.Alice).MustBeClean(bound);
        new Script().Sent(1).Handled(1).With(Script.Alice).MustBeClean(bound);
    }

    [Fact]
    public void A_call_that_never_returns_is_stuck()
    {
        new Script().Calling(1).MustBe(Breach.Stuck, 1, bound: TimeSpan.FromMinutes(1));
        new Script().Calling(1).With(Script.Alice).MustBeClean(bound: TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_message_that_is_excused_or_called_off_may_be_missing()
    {
        var excused = new Script().Sent(1);
        excused.Then(at => excused.History.Excused(at, Script.Message(1))).MustBeClean();
        var calledOff = new Script().Sent(1);
        calledOff.Then(at => calledOff.History.CalledOff(at, Script.Message(1))).MustBeClean();
    }

    [Fact]
    public void After_a_restore_what_a_burnt_sender_had_told_may_be_missing() =>
        new Script().Sent(1).Told(1, MessageState.Accepted).Burn(Script.Alice).Restore().MustBeClean();

    [Fact]
    public void A_message_that_is_excused_at_one_device_must_reach_the_other()
    {
        var tablet = new Script().With(Script.BobsTablet).Sent(1).Handled(1);
        tablet.Then(at => tablet.History.ExcusedAt(at, Script.BobsTablet, Script.Message(1))).MustBeClean();
        var phone = new Script().With(Script.BobsTablet).Sent(1).Handled(1);
        phone.Then(at => phone.History.ExcusedAt(at, Script.Bob, Script.Message(1))).MustBe(Breach.Lost, 1);
    }

    [Fact]
    public void What_is_excused_may_arrive_after_a_later_one()
    {
        var cancelled = new Script().Sent(1).Sent(2);
        cancelled.Then(at => cancelled.History.Excused(at, Script.Message(1))).Handled(2).Handled(1).MustBeClean();
        var old = new Script().Sent(1).Sent(2);
        old.Then(at => old.History.ExcusedAt(at, Script.Bob, Script.Message(1))).Handled(2).Handled(1).MustBeClean();
    }

    [Fact]
    public void A_second_effect_on_one_device_is_doubled()
    {
        new Script().Sent(1).Handled(1).Handled(1).MustBe(Breach.Doubled, 1);
        new Script().Sent(1).Sent(2).Handled(1).Handled(2).Handled(1).MustBe(Breach.Doubled, 1);
    }

    [Fact]
    public void A_second_effect_on_another_device_or_one_that_is_marked_is_not_doubled()
    {
        new Script().With(Script.BobsTablet).Sent(1).Handled(1).Handled(1, Script.BobsTablet).MustBeClean();
        new Script().Sent(1).Handled(1).Handled(1, marked: true).MustBeClean();
    }

    [Fact]
    public void An_effect_after_that_of_a_later_message_is_reordered() =>
        new Script().Sent(1).Sent(2).Handled(2).Handled(1).MustBe(Breach.Reordered, 1);

    [Fact]
    public void Each_device_and_each_sender_has_an_order_of_its_own()
    {
        var carols = new TrackedMessage(new Party(new UserId("carol"), new DeviceId("phone")), Script.Bob.User, 1);
        var script = new Script().With(Script.BobsTablet).Sent(1).Sent(2).Handled(1).Handled(2).Handled(1, Script.BobsTablet).Handled(2, Script.BobsTablet);
        script.Then(at => script.History.Sent(at, carols)).Then(at => script.History.Handled(at, Script.Bob, carols))
            .Then(at => script.History.Handled(at, Script.BobsTablet, carols)).MustBeClean();
    }

    [Fact]
    public void Delivered_before_any_device_has_it_is_a_lie() =>
        new Script().Sent(1).Told(1, MessageState.Delivered).Handled(1).MustBe(Breach.Lie, 1);

    [Fact]
    public void Stored_shown_as_delivered_is_a_lie() =>
        new Script().Sent(1).Told(1, MessageState.Stored).Told(1, MessageState.Delivered).Handled(1).MustBe(Breach.Lie, 1);

    [Theory]
    [InlineData(MessageState.Accepted)]
    [InlineData(MessageState.Stored)]
    public void Accepted_before_the_entry_is_durable_is_a_lie(MessageState state)
    {
        var script = new Script().Sent(1).Told(1, state).Kept(1).Handled(1);
        script.MustBeClean();
        script.History.HasDiskWitness = true;
        script.MustBe(Breach.Lie, 1);
    }

    [Fact]
    public void A_witness_that_looked_afterwards_speaks_for_the_whole_run()
    {
        var script = new Script().Sent(1).Told(1, MessageState.Accepted).Handled(1);
        script.History.Kept(TimeSpan.MinValue, Script.Message(1));
        script.History.HasDiskWitness = true;
        script.MustBeClean();
    }

    [Fact]
    public void A_state_that_falls_is_a_lie_unless_the_sender_was_started_again()
    {
        new Script().Sent(1).Told(1, MessageState.Stored).Told(1, MessageState.Accepted).Handled(1).MustBe(Breach.Lie, 1);
        new Script().Sent(1).Told(1, MessageState.Stored).With(Script.Alice).Told(1, MessageState.Accepted).Handled(1).MustBeClean();
    }

    [Fact]
    public void What_was_called_off_and_arrives_is_a_lie()
    {
        var before = new Script().Sent(1).Handled(1);
        before.Then(at => before.History.CalledOff(at, Script.Message(1))).MustBe(Breach.Lie, 1);
        var after = new Script().Sent(1);
        after.Then(at => after.History.CalledOff(at, Script.Message(1))).Handled(1).MustBe(Breach.Lie, 1);
    }

    [Fact]
    public void What_nobody_sent_or_what_was_for_somebody_else_is_a_lie()
    {
        new Script().Handled(1).MustBe(Breach.Lie, 1);
        new Script().Sent(1).Handled(1).Handled(1, Script.Alice).MustBe(Breach.Lie, 1);
    }

    [Fact]
    public void What_still_waits_at_the_end_is_stuck_and_not_lost()
    {
        var script = new Script().Sent(1);
        script.Then(at => script.History.Waiting(at, Script.Message(1))).MustBe(Breach.Stuck, 1);
    }

    [Fact]
    public void What_arrives_later_than_the_bound_after_the_last_fault_is_stuck()
    {
        var script = new Script().Sent(1);
        script.Then(at => script.History.FaultsEnded(at)).Wait(TimeSpan.FromSeconds(30)).Handled(1).Told(1, MessageState.Delivered);
        script.MustBeClean(bound: TimeSpan.FromSeconds(31));
        script.MustBe(Breach.Stuck, 1, bound: TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Events_are_judged_by_their_times_not_by_when_they_were_recorded()
    {
        var script = new Script();
        script.History.Told(TimeSpan.FromSeconds(9), Script.Message(1), MessageState.Delivered);
        script.History.Handled(TimeSpan.FromSeconds(8), Script.Bob, Script.Message(1));
        script.History.Sent(TimeSpan.FromSeconds(7), Script.Message(1));
        script.MustBeClean();
    }

    [Fact]
    public void A_message_is_known_by_its_body_again()
    {
        var message = Script.Message(12);
        Assert.True(TrackedMessage.TryParse($"{message.Text}padding|more", out var parsed));
        Assert.Equal(message, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("alice|phone|bob|7")]
    [InlineData("alice|phone|bob|-7|")]
    [InlineData("|phone|bob|7|")]
    public void A_body_of_somebody_else_is_not_taken_for_one(string body) => Assert.False(TrackedMessage.TryParse(body, out _));
}

using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What a sender does, event by event (PROTOCOL §11).</summary>
public sealed class OutboxTests
{
    private static readonly UserId Bob = new("bob");
    private static readonly UserId Carol = new("carol");

    private readonly Outbox _outbox = new(new OutboxOptions(), new Random(1));
    private TimeSpan _now;
    private long _number;
    private long _ids;

    [Fact]
    public void Nothing_leaves_before_the_welcome()
    {
        Add(Bob);

        Assert.Empty(Effects());
        Assert.Null(_outbox.NextDeadline);
    }

    [Fact]
    public void A_message_is_marked_before_it_is_sent_for_the_first_time()
    {
        var message = Add(Bob);
        Connect();

        Assert.Equal([message], Assert.IsType<OutboxEffect.MarkTransmitted>(Assert.Single(Effects())).Entries);

        _outbox.Marked([message], _now);
        Assert.Equal(message, Assert.IsType<OutboxEffect.Transmit>(Assert.Single(Effects())).Entry);
    }

    [Fact]
    public void An_id_may_be_remade_until_it_is_marked_and_never_after()
    {
        var message = Add(Bob);
        Connect();
        var remade = MessageId.New(DateTimeOffset.UnixEpoch.AddDays(1), 7, 7);

        _outbox.Remake(message, remade);
        _outbox.Marked([message], _now);

        Assert.Equal(remade, message.Id);
        Assert.Throws<InvariantException>(() => _outbox.Remake(message, MessageId.New(DateTimeOffset.UnixEpoch, 8, 8)));
    }

    [Fact]
    public void Messages_to_one_recipient_leave_in_the_order_of_the_calls()
    {
        var messages = Enumerable.Range(0, 5).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect();

        Assert.Equal(messages, Transmitted());
    }

    [Fact]
    public void Recipients_take_turns()
    {
        var bob = new[] { Add(Bob, transmitted: true), Add(Bob, transmitted: true) };
        var carol = Add(Carol, transmitted: true);
        Connect();

        Assert.Equal([bob[0], carol, bob[1]], Transmitted());
    }

    [Fact]
    public void No_more_are_in_flight_than_the_server_allows()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect(inFlightMax: 2);
        Assert.Equal(messages[..2], Transmitted());

        _outbox.Acknowledged(messages[0].Id, _now);
        Assert.Equal([messages[2]], Transmitted());
    }

    [Fact]
    public void Resend_after_reconnect_starts_at_the_first_unaccepted()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect();
        _outbox.Acknowledged(messages[0].Id, _now);
        _outbox.Reported([messages[0].Id], MessageState.Delivered, _now);
        Effects();

        _outbox.Disconnected();
        Connect();

        Assert.Equal(messages[1..], Transmitted());
    }

    [Fact]
    public void An_accepted_message_is_sent_again_when_its_confirmation_does_not_come()
    {
        var message = Accepted(Bob);

        Pass(TimeSpan.FromSeconds(4.9));
        Assert.Empty(Effects());

        Pass(TimeSpan.FromSeconds(0.1));
        Assert.Equal([message], Transmitted());
    }

    [Fact]
    public void Resends_back_off_up_to_the_cap()
    {
        var message = Accepted(Bob);
        var longest = TimeSpan.Zero;
        for (var attempt = 0; attempt < 60; attempt++)
        {
            longest = Longer(longest, PassUntilTransmitted(message));
            _outbox.Acknowledged(message.Id, _now);
            Effects();
        }

        Assert.True(longest > TimeSpan.FromSeconds(30), $"the longest wait was {longest}");
    }

    [Fact]
    public void On_stored_the_message_leaves_the_timers_but_not_the_outbox()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Stored, _now);
        Effects();

        Pass(TimeSpan.FromMinutes(9));

        Assert.Empty(Effects());
        Assert.Equal(1, _outbox.Count);
        Assert.Equal(MessageState.Stored, message.State);
    }

    [Fact]
    public void The_status_of_a_stored_message_is_asked_now_and_then()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Stored, _now);
        Effects();

        Pass(TimeSpan.FromMinutes(10));

        Assert.Equal([message.Id], Assert.IsType<OutboxEffect.AskStatus>(Assert.Single(Effects())).Ids);
    }

    [Fact]
    public void Stored_then_delivered_ends_the_message()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Stored, _now);
        _outbox.Reported([message.Id], MessageState.Delivered, _now);

        Assert.Collection(
            Effects(),
            effect => Assert.Equal(MessageState.Stored, Assert.IsType<OutboxEffect.StateRaised>(effect).State),
            effect => Assert.Equal(message, Assert.IsType<OutboxEffect.Delivered>(effect).Entry));
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void States_only_rise()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Stored, _now);
        Effects();

        _outbox.Acknowledged(message.Id, _now);
        _outbox.Reported([message.Id], MessageState.Accepted, _now);

        Assert.Empty(Effects());
        Assert.Equal(MessageState.Stored, message.State);
    }

    [Fact]
    public void A_confirmation_is_as_good_as_the_acceptance_that_was_lost()
    {
        var message = Add(Bob, transmitted: true);
        Connect();
        Effects();

        _outbox.Reported([message.Id], MessageState.Delivered, _now);

        Assert.IsType<OutboxEffect.Delivered>(Assert.Single(Effects()));
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void Late_and_doubled_answers_change_nothing()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Delivered, _now);
        Effects();

        _outbox.Reported([message.Id], MessageState.Delivered, _now);
        _outbox.Acknowledged(message.Id, _now);
        _outbox.Errored(message.Id, ErrorCode.Forbidden, "", TimeSpan.Zero, _now);

        Assert.Empty(Effects());
    }

    [Fact]
    public void Retry_later_holds_its_recipient_and_no_other()
    {
        var first = Add(Bob, transmitted: true);
        var second = Add(Bob, transmitted: true);
        var other = Add(Carol, transmitted: true);
        Connect(inFlightMax: 2);
        Assert.Equal([first, other], Transmitted());

        _outbox.Errored(first.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(3), _now);
        _outbox.Acknowledged(other.Id, _now);
        Assert.Empty(Transmitted());

        Pass(TimeSpan.FromSeconds(3));
        Assert.Equal([first, second], Transmitted());
    }

    [Fact]
    public void After_retry_later_everything_behind_it_is_sent_again_in_order()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect();
        Assert.Equal(messages, Transmitted());

        foreach (var message in messages)
        {
            _outbox.Errored(message.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(2), _now);
        }

        var late = Add(Bob, transmitted: true);
        Assert.Empty(Transmitted());
        Pass(TimeSpan.FromSeconds(2));
        Assert.Equal([.. messages, late], Transmitted());
    }

    [Fact]
    public void Retry_later_backs_off_when_the_server_names_no_time()
    {
        var message = Add(Bob, transmitted: true);
        Connect();
        var longest = TimeSpan.Zero;
        Effects();
        for (var attempt = 0; attempt < 40; attempt++)
        {
            _outbox.Errored(message.Id, ErrorCode.MailboxFull, "", TimeSpan.Zero, _now);
            longest = Longer(longest, PassUntilTransmitted(message));
        }

        Assert.True(longest > TimeSpan.FromSeconds(20), $"the longest wait was {longest}");
    }

    [Fact]
    public void A_refusal_is_final_for_that_message_alone()
    {
        var refused = Add(Bob, transmitted: true);
        var next = Add(Bob, transmitted: true);
        Connect(inFlightMax: 1);
        Transmitted();

        _outbox.Errored(refused.Id, ErrorCode.BodyTooLarge, "too large", TimeSpan.Zero, _now);

        Assert.Collection(
            Effects(),
            effect => Assert.Equal((refused, ErrorCode.BodyTooLarge), Facts(effect)),
            effect => Assert.Equal(next, Assert.IsType<OutboxEffect.Transmit>(effect).Entry));

        static (OutboxEntry, ErrorCode) Facts(OutboxEffect effect)
        {
            var refusal = Assert.IsType<OutboxEffect.Refused>(effect);
            return (refusal.Entry, refusal.Code);
        }
    }

    [Fact]
    public void A_refused_resend_does_not_lower_what_was_accepted()
    {
        var message = Accepted(Bob);
        Pass(TimeSpan.FromSeconds(5));
        Effects();

        _outbox.Errored(message.Id, ErrorCode.Forbidden, "", TimeSpan.Zero, _now);

        Assert.Equal([message.Id], Assert.IsType<OutboxEffect.AskStatus>(Assert.Single(Effects())).Ids);
        Assert.Equal(MessageState.Accepted, message.State);
    }

    [Fact]
    public void An_expired_id_ends_the_message_with_its_outcome_unknown()
    {
        var message = Accepted(Bob);
        Pass(TimeSpan.FromSeconds(5));
        Effects();

        _outbox.Errored(message.Id, ErrorCode.Expired, "", TimeSpan.Zero, _now);

        Assert.Equal(ErrorCode.Expired, Assert.IsType<OutboxEffect.Refused>(Assert.Single(Effects())).Code);
    }

    [Fact]
    public void Cancelling_before_the_first_transmission_is_certain()
    {
        var message = Add(Bob);

        Assert.Equal(CancelOutcome.Cancelled, _outbox.Cancel(message.Id));

        Connect();
        Assert.Empty(Effects());
        Assert.Equal(CancelOutcome.NotWaiting, _outbox.Cancel(message.Id));
    }

    [Fact]
    public void Cancelling_while_the_mark_is_being_saved_is_certain()
    {
        var message = Add(Bob);
        Connect();
        Effects();

        Assert.Equal(CancelOutcome.Cancelled, _outbox.Cancel(message.Id));

        _outbox.Marked([message], _now);
        Assert.Empty(Effects());
    }

    [Fact]
    public void Cancelling_after_the_first_transmission_says_that_it_may_still_arrive()
    {
        var waiting = Add(Bob, transmitted: true);
        Connect();
        Effects();
        Assert.Equal(CancelOutcome.MayStillArrive, _outbox.Cancel(waiting.Id));

        var accepted = Accepted(Carol);
        Assert.Equal(CancelOutcome.MayStillArrive, _outbox.Cancel(accepted.Id));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(Effects());
    }

    [Fact]
    public void Cancelling_what_the_server_holds_its_recipient_for_opens_a_new_connection()
    {
        var head = Add(Bob, transmitted: true);
        var next = Add(Bob, transmitted: true);
        Connect(inFlightMax: 1);
        _outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(30), _now);
        Effects();

        _outbox.Cancel(head.Id);
        Assert.Contains(Effects(), effect => effect is OutboxEffect.Reconnect);

        _outbox.Disconnected();
        Connect();
        Assert.Equal([next], Transmitted());
    }

    [Fact]
    public void Whichever_the_server_holds_its_recipient_for_cancelling_it_opens_a_new_connection()
    {
        // Found by the simulation: answers may come in any order, so the held one need not look like the oldest.
        var oldest = Add(Bob, transmitted: true);
        var held = Add(Bob, transmitted: true);
        Connect();
        _outbox.Errored(held.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(1), _now);
        Effects();

        _outbox.Cancel(held.Id);

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
        Assert.Equal(1, _outbox.Count);
        Assert.Equal(CancelOutcome.MayStillArrive, _outbox.Cancel(oldest.Id));
    }

    [Fact]
    public void Cancelling_before_a_retry_later_arrives_opens_a_new_connection_too()
    {
        var head = Add(Bob, transmitted: true);
        Connect();
        Effects();
        _outbox.Cancel(head.Id);

        _outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.Zero, _now);

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
    }

    [Fact]
    public void After_a_restart_what_waits_is_sent_and_the_rest_is_asked_about()
    {
        var accepted = new OutboxEntry(++_number, Id(), Bob, MessageState.Accepted, true);
        var stored = new OutboxEntry(++_number, Id(), Bob, MessageState.Stored, true);
        var waiting = new OutboxEntry(++_number, Id(), Carol, MessageState.Waiting, true);
        foreach (var entry in new[] { accepted, stored, waiting })
        {
            _outbox.Add(entry, _now);
        }

        Connect();

        var effects = Effects();
        Assert.Equal([waiting], effects.OfType<OutboxEffect.Transmit>().Select(t => t.Entry));
        Assert.Equal([accepted.Id, stored.Id], Assert.Single(effects.OfType<OutboxEffect.AskStatus>()).Ids);
    }

    [Fact]
    public void What_a_restored_server_does_not_know_is_sent_again_before_anything_newer()
    {
        var lost = Accepted(Bob);
        _outbox.Disconnected();
        var newer = Add(Bob, transmitted: true);
        Connect();
        Assert.Empty(Transmitted());

        _outbox.StatusReported([new MessageStatus(lost.Id, MessageState.Waiting)], _now);

        Assert.Equal([lost, newer], Transmitted());
        Assert.Equal(MessageState.Accepted, lost.State);
    }

    [Fact]
    public void Until_the_statuses_are_known_on_every_connection_nothing_newer_passes()
    {
        // Found by the simulation: the first connection after a restore died before its answer.
        var lost = Accepted(Bob);
        var newer = Add(Bob, transmitted: true);
        Effects();
        foreach (var _ in new[] { 1, 2, 3 })
        {
            _outbox.Disconnected();
            Connect();
            Assert.Empty(Transmitted());
        }

        _outbox.StatusReported([new MessageStatus(lost.Id, MessageState.Accepted)], _now);
        Assert.Equal([newer], Transmitted());
    }

    [Fact]
    public void Status_questions_go_out_one_batch_at_a_time()
    {
        var outbox = new Outbox(new OutboxOptions { StatusBatchMax = 2 }, new Random(1));
        var entries = Enumerable.Range(1, 3).Select(n => new OutboxEntry(n, Id(), Bob, MessageState.Stored, true)).ToList();
        entries.ForEach(entry => outbox.Add(entry, _now));
        outbox.Connected(10, _now);

        Assert.True(outbox.TryTakeEffect(out var first));
        Assert.Equal(2, Assert.IsType<OutboxEffect.AskStatus>(first).Ids.Count);
        Assert.False(outbox.TryTakeEffect(out _));

        outbox.StatusReported([.. entries[..2].Select(e => new MessageStatus(e.Id, MessageState.Stored))], _now);
        Assert.True(outbox.TryTakeEffect(out var second));
        Assert.Single(Assert.IsType<OutboxEffect.AskStatus>(second).Ids);
    }

    [Fact]
    public void A_weaker_status_of_a_stored_message_sets_no_timer()
    {
        var stored = new OutboxEntry(++_number, Id(), Bob, MessageState.Stored, true);
        _outbox.Add(stored, _now);
        Connect();
        Effects();

        _outbox.StatusReported([new MessageStatus(stored.Id, MessageState.Accepted)], _now);
        Pass(TimeSpan.FromMinutes(9));

        Assert.Empty(Effects());
    }

    [Fact]
    public void A_status_request_without_an_answer_ends_the_connection()
    {
        Accepted(Bob);
        _outbox.Disconnected();
        Connect();
        Effects();

        Assert.Equal(_now + TimeSpan.FromSeconds(30), _outbox.NextDeadline);
        Pass(TimeSpan.FromSeconds(30));

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
    }

    [Fact]
    public void What_an_answer_leaves_out_is_sent_again_by_its_own_timer()
    {
        var message = Accepted(Bob);
        _outbox.Disconnected();
        Connect();
        Effects();

        _outbox.StatusReported([], _now);
        Pass(TimeSpan.FromSeconds(5));

        Assert.Equal([message], Transmitted());
    }

    [Fact]
    public void Due_resends_beyond_the_limit_wait_for_an_answer_and_not_for_the_clock()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect(inFlightMax: 2);
        messages.ForEach(message => _outbox.Acknowledged(message.Id, _now));
        Effects();

        Pass(TimeSpan.FromSeconds(5));
        var resent = Transmitted();
        Assert.Equal(2, resent.Count);
        Assert.True(_outbox.NextDeadline > _now, "the shell would call again and again");

        _outbox.Acknowledged(resent[0].Id, _now);
        Assert.Equal(messages.Except(resent), Transmitted());
    }

    [Fact]
    public void What_is_cancelled_leaves_nothing_behind()
    {
        var first = Add(Bob);
        var cancelled = Enumerable.Range(0, 100).Select(_ => Add(Bob)).ToList();
        var last = Add(Bob);
        cancelled.ForEach(message => _outbox.Cancel(message.Id));

        Connect();

        Assert.Equal([first, last], Assert.IsType<OutboxEffect.MarkTransmitted>(Assert.Single(Effects())).Entries);
        _outbox.Marked([first, last], _now);
        Assert.Equal([first, last], Transmitted());
    }

    [Fact]
    public void No_answer_for_too_long_ends_the_connection()
    {
        Add(Bob, transmitted: true);
        Connect();
        Effects();

        Pass(TimeSpan.FromSeconds(30));

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
    }

    [Fact]
    public void Any_answer_shows_that_the_server_is_working()
    {
        var first = Add(Bob, transmitted: true);
        Add(Bob, transmitted: true);
        Connect();
        Pass(TimeSpan.FromSeconds(29));
        _outbox.Acknowledged(first.Id, _now);
        Effects();

        Pass(TimeSpan.FromSeconds(4));

        Assert.DoesNotContain(Effects(), effect => effect is OutboxEffect.Reconnect);
    }

    [Fact]
    public void Nothing_is_resent_while_disconnected()
    {
        Accepted(Bob);
        _outbox.Disconnected();

        Pass(TimeSpan.FromHours(1));

        Assert.Empty(Effects());
        Assert.Null(_outbox.NextDeadline);
    }

    [Fact]
    public void A_clock_that_stands_still_or_leaps_only_moves_the_timers()
    {
        var message = Accepted(Bob);
        _outbox.Advance(_now);
        _outbox.Advance(TimeSpan.Zero);
        Assert.Empty(Effects());

        Pass(TimeSpan.FromDays(400));
        Assert.Equal([message], Transmitted());
    }

    [Fact]
    public void Beyond_the_horizon_a_stored_message_is_left_at_the_server()
    {
        var message = Accepted(Bob);
        _outbox.Reported([message.Id], MessageState.Stored, _now);
        Effects();

        _outbox.Forget(message.Id.MadeAt);
        Assert.Empty(Effects());

        _outbox.Forget(message.Id.MadeAt.AddMilliseconds(1));
        Assert.Equal(message, Assert.IsType<OutboxEffect.LeftAtServer>(Assert.Single(Effects())).Entry);
        Assert.Equal(0, _outbox.Count);
    }

    [Fact]
    public void Messages_join_in_the_order_of_their_numbers()
    {
        _outbox.Add(new OutboxEntry(2, Id(), Bob), _now);

        Assert.Throws<InvariantException>(() => _outbox.Add(new OutboxEntry(1, Id(), Bob), _now));
    }

    private OutboxEntry Add(UserId to, bool transmitted = false)
    {
        var entry = new OutboxEntry(++_number, Id(), to, MessageState.Waiting, transmitted);
        _outbox.Add(entry, _now);
        return entry;
    }

    private OutboxEntry Accepted(UserId to)
    {
        var entry = Add(to, transmitted: true);
        Connect();
        _outbox.Acknowledged(entry.Id, _now);
        Effects();
        return entry;
    }

    private MessageId Id() => MessageId.New(DateTimeOffset.UnixEpoch.AddYears(50), 1, (ulong)++_ids << 8);

    private void Connect(int inFlightMax = 100) => _outbox.Connected(inFlightMax, _now);

    private void Pass(TimeSpan time)
    {
        _now += time;
        _outbox.Advance(_now);
    }

    /// <summary>Goes from deadline to deadline until the message is sent again.</summary>
    /// <returns>How long that took; never longer than the cap.</returns>
    private TimeSpan PassUntilTransmitted(OutboxEntry message)
    {
        var since = _now;
        List<OutboxEntry> transmitted = [];
        while (transmitted.Count == 0)
        {
            Pass(Assert.NotNull(_outbox.NextDeadline) - _now);
            transmitted = Transmitted();
            Assert.InRange(_now - since, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        }

        Assert.Equal([message], transmitted);
        return _now - since;
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private List<OutboxEffect> Effects()
    {
        var effects = new List<OutboxEffect>();
        while (_outbox.TryTakeEffect(out var effect))
        {
            effects.Add(effect);
        }

        return effects;
    }

    private List<OutboxEntry> Transmitted() => [.. Effects().OfType<OutboxEffect.Transmit>().Select(t => t.Entry)];
}

using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What a sender makes of retry later, of refusals and of a message that is cancelled (PROTOCOL §6, §11).</summary>
public sealed class OutboxAnswerTests : OutboxTest
{
    [Fact]
    public void Retry_later_holds_its_recipient_and_no_other()
    {
        var first = Add(Bob, transmitted: true);
        var second = Add(Bob, transmitted: true);
        var other = Add(Carol, transmitted: true);
        Connect(inFlightMax: 2);
        Assert.Equal([first, other], Transmitted());

        Outbox.Errored(first.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(3), Now);
        Outbox.Acknowledged(other.Id, Now);
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
            Outbox.Errored(message.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(2), Now);
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
            Outbox.Errored(message.Id, ErrorCode.MailboxFull, "", TimeSpan.Zero, Now);
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

        Outbox.Errored(refused.Id, ErrorCode.BodyTooLarge, "too large", TimeSpan.Zero, Now);

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

        Outbox.Errored(message.Id, ErrorCode.Forbidden, "", TimeSpan.Zero, Now);

        Assert.Equal([message.Id], Assert.IsType<OutboxEffect.AskStatus>(Assert.Single(Effects())).Ids);
        Assert.Equal(MessageState.Accepted, message.State);
    }

    [Fact]
    public void An_expired_id_ends_the_message_with_its_outcome_unknown()
    {
        var message = Accepted(Bob);
        Pass(TimeSpan.FromSeconds(5));
        Effects();

        Outbox.Errored(message.Id, ErrorCode.Expired, "", TimeSpan.Zero, Now);

        Assert.Equal(ErrorCode.Expired, Assert.IsType<OutboxEffect.Refused>(Assert.Single(Effects())).Code);
    }

    [Fact]
    public void Cancelling_before_the_first_transmission_is_certain()
    {
        var message = Add(Bob);

        Assert.Equal(CancelOutcome.Cancelled, Outbox.Cancel(message.Id));

        Connect();
        Assert.Empty(Effects());
        Assert.Equal(CancelOutcome.NotWaiting, Outbox.Cancel(message.Id));
    }

    [Fact]
    public void Cancelling_while_the_mark_is_being_saved_is_certain()
    {
        var message = Add(Bob);
        Connect();
        Effects();

        Assert.Equal(CancelOutcome.Cancelled, Outbox.Cancel(message.Id));

        Outbox.Marked([message], Now);
        Assert.Empty(Effects());
    }

    [Fact]
    public void Cancelling_after_the_first_transmission_says_that_it_may_still_arrive()
    {
        var waiting = Add(Bob, transmitted: true);
        Connect();
        Effects();
        Assert.Equal(CancelOutcome.MayStillArrive, Outbox.Cancel(waiting.Id));

        var accepted = Accepted(Carol);
        Assert.Equal(CancelOutcome.MayStillArrive, Outbox.Cancel(accepted.Id));
        Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(Effects());
    }

    [Fact]
    public void Cancelling_what_the_server_holds_its_recipient_for_opens_a_new_connection()
    {
        var head = Add(Bob, transmitted: true);
        var next = Add(Bob, transmitted: true);
        Connect(inFlightMax: 1);
        Outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(30), Now);
        Effects();

        Outbox.Cancel(head.Id);
        Assert.Contains(Effects(), effect => effect is OutboxEffect.Reconnect);

        Outbox.Disconnected();
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
        Outbox.Errored(held.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(1), Now);
        Effects();

        Outbox.Cancel(held.Id);

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
        Assert.Equal(1, Outbox.Count);
        Assert.Equal(CancelOutcome.MayStillArrive, Outbox.Cancel(oldest.Id));
    }

    [Fact]
    public void Cancelling_before_a_retry_later_arrives_opens_a_new_connection_too()
    {
        var head = Add(Bob, transmitted: true);
        Connect();
        Effects();
        Outbox.Cancel(head.Id);

        Outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.Zero, Now);

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
    }

    /// <summary>
    /// Found by the simulation: a server that was stopped for a while takes a request of a connection long given up. Its report comes between
    /// retry-later and the next attempt, which then is never made, and the server would hold everything behind it back for ever.
    /// </summary>
    [Theory]
    [InlineData(MessageState.Stored)]
    [InlineData(MessageState.Delivered)]
    public void What_the_server_holds_its_recipient_for_and_reports_all_the_same_opens_a_new_connection(MessageState state)
    {
        var head = Add(Bob, transmitted: true);
        var next = Add(Bob, transmitted: true);
        Connect();
        Outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(1), Now);
        Outbox.Errored(next.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(1), Now);
        Effects();

        Outbox.Reported([head.Id], state, Now);

        Assert.Contains(Effects(), effect => effect is OutboxEffect.Reconnect);
        Outbox.Disconnected();
        Connect();
        if (state == MessageState.Stored)
        {
            // Nothing new passes what was accepted before its status is known.
            Outbox.StatusReported([new MessageStatus(head.Id, MessageState.Accepted)], Now);
        }

        Assert.Equal([next], Transmitted());
    }

    [Fact]
    public void What_was_held_back_and_is_accepted_when_it_comes_again_keeps_its_connection()
    {
        var head = Add(Bob, transmitted: true);
        Connect();
        Outbox.Errored(head.Id, ErrorCode.MailboxFull, "", TimeSpan.FromSeconds(1), Now);
        Effects();
        PassUntilTransmitted(head);

        Outbox.Acknowledged(head.Id, Now);
        Outbox.Reported([head.Id], MessageState.Delivered, Now);

        Assert.DoesNotContain(Effects(), effect => effect is OutboxEffect.Reconnect);
    }

    [Fact]
    public void What_is_cancelled_leaves_nothing_behind()
    {
        var first = Add(Bob);
        var cancelled = Enumerable.Range(0, 100).Select(_ => Add(Bob)).ToList();
        var last = Add(Bob);
        cancelled.ForEach(message => Outbox.Cancel(message.Id));

        Connect();

        Assert.Equal([first, last], Assert.IsType<OutboxEffect.MarkTransmitted>(Assert.Single(Effects())).Entries);
        Outbox.Marked([first, last], Now);
        Assert.Equal([first, last], Transmitted());
    }
}

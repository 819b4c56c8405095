using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What a sender sends and resends, and when, event by event (PROTOCOL §11).</summary>
public sealed class OutboxTests : OutboxTest
{
    [Fact]
    public void Nothing_leaves_before_the_welcome()
    {
        Add(Bob);

        Assert.Empty(Effects());
        Assert.Null(Outbox.NextDeadline);
    }

    [Fact]
    public void A_message_is_marked_before_it_is_sent_for_the_first_time()
    {
        var message = Add(Bob);
        Connect();

        Assert.Equal([message], Assert.IsType<OutboxEffect.MarkTransmitted>(Assert.Single(Effects())).Entries);

        Outbox.Marked([message], Now);
        Assert.Equal(message, Assert.IsType<OutboxEffect.Transmit>(Assert.Single(Effects())).Entry);
    }

    [Fact]
    public void An_id_may_be_remade_until_it_is_marked_and_never_after()
    {
        var message = Add(Bob);
        Connect();
        var remade = MessageId.New(DateTimeOffset.UnixEpoch.AddDays(1), 7, 7);

        Outbox.Remake(message, remade);
        Outbox.Marked([message], Now);

        Assert.Equal(remade, message.Id);
        Assert.Throws<InvariantException>(() => Outbox.Remake(message, MessageId.New(DateTimeOffset.UnixEpoch, 8, 8)));
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

        Outbox.Acknowledged(messages[0].Id, Now);
        Assert.Equal([messages[2]], Transmitted());
    }

    [Fact]
    public void Resend_after_reconnect_starts_at_the_first_unaccepted()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect();
        Outbox.Acknowledged(messages[0].Id, Now);
        Outbox.Reported([messages[0].Id], MessageState.Delivered, Now);
        Effects();

        Outbox.Disconnected();
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
            Outbox.Acknowledged(message.Id, Now);
            Effects();
        }

        Assert.True(longest > TimeSpan.FromSeconds(30), $"the longest wait was {longest}");
    }

    [Fact]
    public void On_stored_the_message_leaves_the_timers_but_not_the_outbox()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Stored, Now);
        Effects();

        Pass(TimeSpan.FromSeconds(59));

        Assert.Empty(Effects());
        Assert.Equal(1, Outbox.Count);
        Assert.Equal(MessageState.Stored, message.State);
    }

    [Fact]
    public void Stored_then_delivered_ends_the_message()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Stored, Now);
        Outbox.Reported([message.Id], MessageState.Delivered, Now);

        Assert.Collection(
            Effects(),
            effect => Assert.Equal(MessageState.Stored, Assert.IsType<OutboxEffect.StateRaised>(effect).State),
            effect => Assert.Equal(message, Assert.IsType<OutboxEffect.Delivered>(effect).Entry));
        Assert.Equal(0, Outbox.Count);
    }

    [Fact]
    public void States_only_rise()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Stored, Now);
        Effects();

        Outbox.Acknowledged(message.Id, Now);
        Outbox.Reported([message.Id], MessageState.Accepted, Now);

        Assert.Empty(Effects());
        Assert.Equal(MessageState.Stored, message.State);
    }

    [Fact]
    public void A_confirmation_is_as_good_as_the_acceptance_that_was_lost()
    {
        var message = Add(Bob, transmitted: true);
        Connect();
        Effects();

        Outbox.Reported([message.Id], MessageState.Delivered, Now);

        Assert.IsType<OutboxEffect.Delivered>(Assert.Single(Effects()));
        Assert.Equal(0, Outbox.Count);
    }

    [Fact]
    public void Late_and_doubled_answers_change_nothing()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Delivered, Now);
        Effects();

        Outbox.Reported([message.Id], MessageState.Delivered, Now);
        Outbox.Acknowledged(message.Id, Now);
        Outbox.Errored(message.Id, ErrorCode.Forbidden, "", TimeSpan.Zero, Now);

        Assert.Empty(Effects());
    }

    [Fact]
    public void Due_resends_beyond_the_limit_wait_for_an_answer_and_not_for_the_clock()
    {
        var messages = Enumerable.Range(0, 3).Select(_ => Add(Bob, transmitted: true)).ToList();
        Connect(inFlightMax: 2);
        messages.ForEach(message => Outbox.Acknowledged(message.Id, Now));
        Effects();

        Pass(TimeSpan.FromSeconds(5));
        var resent = Transmitted();
        Assert.Equal(2, resent.Count);
        Assert.True(Outbox.NextDeadline > Now, "the shell would call again and again");

        Outbox.Acknowledged(resent[0].Id, Now);
        Assert.Equal(messages.Except(resent), Transmitted());
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
        Outbox.Acknowledged(first.Id, Now);
        Effects();

        Pass(TimeSpan.FromSeconds(4));

        Assert.DoesNotContain(Effects(), effect => effect is OutboxEffect.Reconnect);
    }

    [Fact]
    public void Nothing_is_resent_while_disconnected()
    {
        Accepted(Bob);
        Outbox.Disconnected();

        Pass(TimeSpan.FromHours(1));

        Assert.Empty(Effects());
        Assert.Null(Outbox.NextDeadline);
    }

    [Fact]
    public void A_clock_that_stands_still_or_leaps_only_moves_the_timers()
    {
        var message = Accepted(Bob);
        Outbox.Advance(Now);
        Outbox.Advance(TimeSpan.Zero);
        Assert.Empty(Effects());

        Pass(TimeSpan.FromDays(400));
        Assert.Equal([message], Transmitted());
    }

    [Fact]
    public void Messages_join_in_the_order_of_their_numbers()
    {
        Outbox.Add(new OutboxEntry(2, Id(), Bob), Now);

        Assert.Throws<InvariantException>(() => Outbox.Add(new OutboxEntry(1, Id(), Bob), Now));
    }
}

using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What a recipient takes, drops and confirms (PROTOCOL §5, §7).</summary>
public sealed class InboxTests
{
    private static readonly Epoch First = new(1);
    private static readonly Epoch Second = new(2);

    [Fact]
    public void A_new_inbox_begins_where_the_welcome_says()
    {
        var inbox = new Inbox(Epoch.None, Sequence.None);

        var step = inbox.Welcomed(First, At(7));

        Assert.Equal(new InboxPosition(First, At(7)), step.Adopt);
        Assert.Null(step.Gap);
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(8)));
    }

    [Fact]
    public void The_next_is_taken_and_confirmed_after_its_commit()
    {
        var inbox = Open();

        Assert.Equal(InboxDecision.Take, inbox.Notified(At(1)));
        Assert.Equal(Sequence.None, inbox.Cursor);

        Assert.Equal(new AckRequest(First, At(1)), inbox.Committed(First, At(1)));
        Assert.Equal(At(1), inbox.Cursor);
    }

    [Fact]
    public void What_is_committed_is_dropped_and_confirmed_again()
    {
        var inbox = Open();
        inbox.Notified(At(1));
        inbox.Committed(First, At(1));

        Assert.Equal(InboxDecision.ConfirmAgain, inbox.Notified(At(1)));
    }

    [Fact]
    public void What_is_being_handled_is_dropped_and_not_confirmed_yet()
    {
        var inbox = Open();
        inbox.Notified(At(1));

        Assert.Equal(InboxDecision.Drop, inbox.Notified(At(1)));
    }

    [Fact]
    public void A_hole_means_reconnecting_from_the_cursor()
    {
        var inbox = Open();

        Assert.Equal(InboxDecision.Reconnect, inbox.Notified(At(2)));
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(1)));
    }

    [Fact]
    public void A_replay_after_reconnection_does_not_double_what_is_still_being_handled()
    {
        var inbox = Open();
        inbox.Notified(At(1));
        inbox.Notified(At(2));

        var step = inbox.Welcomed(First, At(0));

        Assert.Equal(new WelcomeStep(null, null), step);
        Assert.Equal(InboxDecision.Drop, inbox.Notified(At(1)));
        Assert.Equal(InboxDecision.Drop, inbox.Notified(At(2)));
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(3)));
    }

    [Fact]
    public void Confirmations_are_cumulative_and_never_fall()
    {
        var inbox = Open();
        inbox.Notified(At(1));
        inbox.Notified(At(2));
        inbox.Committed(First, At(2));

        Assert.Equal(new AckRequest(First, At(2)), inbox.Committed(First, At(1)));
    }

    [Fact]
    public void Only_what_was_taken_can_be_confirmed() => Assert.Null(Open().Committed(First, At(1)));

    [Fact]
    public void A_history_that_is_returned_to_confirms_nothing_that_it_has_not_brought_again()
    {
        var inbox = new Inbox(First, At(300));
        inbox.Notified(At(301));
        inbox.Welcomed(Second, At(40));
        inbox.Welcomed(First, At(40));

        Assert.Null(inbox.Committed(First, At(301)));
        Assert.Equal(At(40), inbox.Cursor);
    }

    [Fact]
    public void Another_epoch_resumes_where_the_server_says_and_forgets_what_waited()
    {
        var inbox = Open();
        inbox.Notified(At(1));
        inbox.Notified(At(2));
        inbox.Committed(First, At(1));

        var step = inbox.Welcomed(Second, At(0));

        Assert.Equal(new InboxPosition(Second, At(0)), step.Adopt);
        Assert.Null(step.Gap);
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(1)));
    }

    [Fact]
    public void A_commit_of_the_old_epoch_confirms_nothing_in_the_new()
    {
        var inbox = Open();
        inbox.Notified(At(1));
        inbox.Welcomed(Second, At(0));

        Assert.Null(inbox.Committed(First, At(1)));
        Assert.Equal(Sequence.None, inbox.Cursor);
    }

    [Fact]
    public void Entries_that_are_gone_are_an_explicit_gap()
    {
        var inbox = new Inbox(First, At(5));

        var step = inbox.Welcomed(First, At(9));

        Assert.Null(step.Adopt);
        Assert.Equal(new InboxGap(First, At(6), At(9)), step.Gap);
        Assert.Equal(At(5), inbox.Cursor);
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(10)));
    }

    [Fact]
    public void A_gap_comes_after_what_is_still_being_handled()
    {
        var inbox = new Inbox(First, At(5));
        inbox.Notified(At(6));

        var step = inbox.Welcomed(First, At(9));

        Assert.Equal(new InboxGap(First, At(7), At(9)), step.Gap);
        Assert.Equal(new AckRequest(First, At(6)), inbox.Committed(First, At(6)));
        Assert.Equal(new AckRequest(First, At(9)), inbox.Committed(First, At(9)));
    }

    [Fact]
    public void A_gap_in_another_epoch_is_reported_with_it()
    {
        var inbox = new Inbox(First, At(5));

        var step = inbox.Welcomed(Second, At(8));

        Assert.Equal(new InboxPosition(Second, At(5)), step.Adopt);
        Assert.Equal(new InboxGap(Second, At(6), At(8)), step.Gap);
        Assert.Equal(InboxDecision.Take, inbox.Notified(At(9)));
    }

    private static Inbox Open() => new(First, Sequence.None);

    private static Sequence At(long value) => new(value);
}

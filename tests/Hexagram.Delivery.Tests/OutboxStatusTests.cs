using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests;

/// <summary>What a sender asks about after a restart and while a recipient is away (PROTOCOL §8, §11).</summary>
public sealed class OutboxStatusTests : OutboxTest
{
    [Fact]
    public void The_status_of_a_stored_message_is_asked_after_a_minute_and_then_now_and_then()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Stored, Now);
        Effects();

        Pass(TimeSpan.FromSeconds(59));
        Assert.Empty(Effects());
        Pass(TimeSpan.FromSeconds(1));
        AssertAsked(message);

        Pass(TimeSpan.FromMinutes(8));
        Assert.Empty(Effects());
        Pass(TimeSpan.FromMinutes(1));
        AssertAsked(message);
    }

    [Fact]
    public void What_was_stored_within_a_minute_is_asked_about_together_and_once()
    {
        Connect();
        var first = Stored(Bob);
        Pass(TimeSpan.FromSeconds(30));
        var second = Stored(Bob);

        Assert.Equal(Now + TimeSpan.FromSeconds(30), Outbox.NextDeadline);
        Pass(TimeSpan.FromSeconds(30));
        AssertAsked(first, second);

        var third = Stored(Bob);
        Pass(TimeSpan.FromMinutes(1));
        AssertAsked(third);
    }

    [Fact]
    public void After_a_restart_what_waits_is_sent_and_the_rest_is_asked_about()
    {
        var accepted = new OutboxEntry(NextNumber(), Id(), Bob, MessageState.Accepted, true);
        var stored = new OutboxEntry(NextNumber(), Id(), Bob, MessageState.Stored, true);
        var waiting = new OutboxEntry(NextNumber(), Id(), Carol, MessageState.Waiting, true);
        foreach (var entry in new[] { accepted, stored, waiting })
        {
            Outbox.Add(entry, Now);
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
        Outbox.Disconnected();
        var newer = Add(Bob, transmitted: true);
        Connect();
        Assert.Empty(Transmitted());

        Outbox.StatusReported([new MessageStatus(lost.Id, MessageState.Waiting)], Now);

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
            Outbox.Disconnected();
            Connect();
            Assert.Empty(Transmitted());
        }

        Outbox.StatusReported([new MessageStatus(lost.Id, MessageState.Accepted)], Now);
        Assert.Equal([newer], Transmitted());
    }

    [Fact]
    public void Status_questions_go_out_one_batch_at_a_time()
    {
        var outbox = new Outbox(new OutboxOptions { StatusBatchMax = 2 }, new Random(1));
        var entries = Enumerable.Range(1, 3).Select(n => new OutboxEntry(n, Id(), Bob, MessageState.Stored, true)).ToList();
        entries.ForEach(entry => outbox.Add(entry, Now));
        outbox.Connected(10, Now);

        Assert.True(outbox.TryTakeEffect(out var first));
        Assert.Equal(2, Assert.IsType<OutboxEffect.AskStatus>(first).Ids.Count);
        Assert.False(outbox.TryTakeEffect(out _));

        outbox.StatusReported([.. entries[..2].Select(e => new MessageStatus(e.Id, MessageState.Stored))], Now);
        Assert.True(outbox.TryTakeEffect(out var second));
        Assert.Single(Assert.IsType<OutboxEffect.AskStatus>(second).Ids);
    }

    [Fact]
    public void A_weaker_status_of_a_stored_message_sets_no_timer()
    {
        var stored = new OutboxEntry(NextNumber(), Id(), Bob, MessageState.Stored, true);
        Outbox.Add(stored, Now);
        Connect();
        Effects();

        Outbox.StatusReported([new MessageStatus(stored.Id, MessageState.Accepted)], Now);
        Pass(TimeSpan.FromMinutes(9));

        Assert.Empty(Effects());
    }

    [Fact]
    public void A_status_request_without_an_answer_ends_the_connection()
    {
        Accepted(Bob);
        Outbox.Disconnected();
        Connect();
        Effects();

        Assert.Equal(Now + TimeSpan.FromSeconds(30), Outbox.NextDeadline);
        Pass(TimeSpan.FromSeconds(30));

        Assert.IsType<OutboxEffect.Reconnect>(Assert.Single(Effects()));
    }

    [Fact]
    public void What_an_answer_leaves_out_is_sent_again_by_its_own_timer()
    {
        var message = Accepted(Bob);
        Outbox.Disconnected();
        Connect();
        Effects();

        Outbox.StatusReported([], Now);
        Pass(TimeSpan.FromSeconds(5));

        Assert.Equal([message], Transmitted());
    }

    [Fact]
    public void Beyond_the_horizon_a_stored_message_is_left_at_the_server()
    {
        var message = Accepted(Bob);
        Outbox.Reported([message.Id], MessageState.Stored, Now);
        Effects();

        Outbox.Forget(message.Id.MadeAt);
        Assert.Empty(Effects());

        Outbox.Forget(message.Id.MadeAt.AddMilliseconds(1));
        Assert.Equal(message, Assert.IsType<OutboxEffect.LeftAtServer>(Assert.Single(Effects())).Entry);
        Assert.Equal(0, Outbox.Count);
    }

    /// <summary>One that is stored on the connection that there is.</summary>
    private OutboxEntry Stored(UserId to)
    {
        var entry = Add(to, transmitted: true);
        Outbox.Acknowledged(entry.Id, Now);
        Outbox.Reported([entry.Id], MessageState.Stored, Now);
        Effects();
        return entry;
    }

    /// <summary>They are asked about in one request, which is answered: they are where they were.</summary>
    private void AssertAsked(params OutboxEntry[] entries)
    {
        Assert.Equal(entries.Select(entry => entry.Id), Assert.IsType<OutboxEffect.AskStatus>(Assert.Single(Effects())).Ids);
        Outbox.StatusReported([.. entries.Select(entry => new MessageStatus(entry.Id, entry.State))], Now);
    }
}

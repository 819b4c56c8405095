using System.Threading.Channels;
using Hexagram.Client.Tests.Scripted;
using Hexagram.Delivery.Outgoing;

namespace Hexagram.Client.Tests;

/// <summary>What a sender sees of its messages, and what the server sees of the sender.</summary>
public sealed class SendingTests : ClientFixture
{
    private const string KeepOutbox = "CREATE TRIGGER keep_outbox BEFORE DELETE ON hexagram_outbox BEGIN SELECT RAISE(FAIL, 'not now'); END";
    private const string DropKeepOutbox = "DROP TRIGGER keep_outbox";

    [Fact]
    public async Task A_message_is_accepted_and_then_delivered()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "你好").Within();
        Assert.Equal(SentState.Waiting, sent.State);

        var request = await server.ReadAsync<MessageRequest>();
        Assert.Equal((sent.Id, Bob, "你好"), (request.Id, request.To, request.Body.Text));

        await server.SendAsync(Accept(request));
        await sent.Accepted.Within();
        Assert.Equal(SentState.Accepted, sent.State);
        Assert.False(sent.Delivered.IsCompleted);

        await server.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        Assert.Equal(SentState.Delivered, sent.State);
        Assert.Empty(client.ListOutbox());
    }

    [Fact]
    public async Task A_message_for_somebody_who_is_away_is_stored_and_later_delivered()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "later").Within();
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(request), Report(MessageState.Stored, request));
        await sent.WhenAsync(SentState.Stored).Within();
        Assert.True(sent.Accepted.IsCompletedSuccessfully);
        Assert.Same(sent, Assert.Single(client.ListOutbox()));

        await server.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        Assert.Equal(SentState.Delivered, sent.State);
    }

    [Fact]
    public async Task A_weaker_report_that_comes_late_changes_nothing()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var first = await client.SendAsync("bob", "1").Within();
        var second = await client.SendAsync("bob", "2").Within();
        var one = await server.ReadAsync<MessageRequest>();
        var two = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(one), Report(MessageState.Stored, one), Accept(one), Accept(two));
        await second.Accepted.Within();
        Assert.Equal(SentState.Stored, first.State);
    }

    [Fact]
    public async Task A_refused_message_faults_its_tasks_with_the_code()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "no").Within();
        var accepted = sent.Accepted;
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(new Error(ErrorCode.Forbidden, "not him", request.Id, request.To, TimeSpan.Zero));

        Assert.Equal(ErrorCode.Forbidden, (await Assert.ThrowsAsync<MessageRefusedException>(() => accepted.Within())).Code);
        Assert.Equal(ErrorCode.Forbidden, (await Assert.ThrowsAsync<MessageRefusedException>(() => sent.Delivered.Within())).Code);
        Assert.Equal(SentState.Refused, sent.State);
        Assert.Empty(client.ListOutbox());
    }

    [Fact]
    public async Task Nobody_has_to_look_at_the_tasks_of_a_refused_message()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.InnerException is MessageRefusedException)
            {
                unobserved.Add(e.Exception);
            }
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await Abandon();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        async Task Abandon()
        {
            var client = await OpenAsync();
            var server = await Server.WelcomeAsync();
            var sent = await client.SendAsync("bob", "no").Within();
            _ = sent.Delivered;
            var next = await client.SendAsync("carol", "yes").Within();
            var request = await server.ReadAsync<MessageRequest>();
            await server.SendAsync(new Error(ErrorCode.Forbidden, "not him", request.Id, request.To, TimeSpan.Zero));
            await server.SendAsync(Accept(await server.ReadAsync<MessageRequest>()));
            await next.Accepted.Within();
        }
    }

    [Fact]
    public async Task Messages_are_sent_in_the_order_of_the_calls_awaited_or_not()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sends = Enumerable.Range(0, 200).Select(n => client.SendAsync("bob", $"{n}")).ToList();
        for (var n = 0; n < sends.Count; n++)
        {
            Assert.Equal($"{n}", (await server.ReadAsync<MessageRequest>()).Body.Text);
        }

        await Task.WhenAll(sends).Within();
        Assert.Equal(sends.Select(s => s.Result.Id), client.ListOutbox().Select(m => m.Id));
    }

    [Fact]
    public async Task Retry_later_holds_one_recipient_and_then_goes_on_in_order()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.SendAsync("bob", "1").Within();
        await client.SendAsync("bob", "2").Within();
        var one = await server.ReadAsync<MessageRequest>();
        var two = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Full(one), Full(two));

        var other = await client.SendAsync("carol", "now").Within();
        var now = await server.ReadAsync<MessageRequest>();
        Assert.Equal("carol", now.To.Value);
        await server.SendAsync(Accept(now), Report(MessageState.Delivered, now));
        await other.Delivered.Within();

        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(one, await server.ReadAsync());
        Assert.Equal(two, await server.ReadAsync());

        static Error Full(MessageRequest request) => new(ErrorCode.MailboxFull, "full", request.Id, request.To, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task What_has_no_answer_is_sent_again_in_order_with_the_same_ids_on_the_next_connection()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = new List<SentMessage>();
        for (var n = 0; n < 3; n++)
        {
            sent.Add(await client.SendAsync("bob", $"{n}").Within());
        }

        await server.SendAsync(Accept(await server.ReadAsync<MessageRequest>()));
        await sent[0].Accepted.Within();
        server.Close();
        server = await ReconnectedAsync(client);

        var asked = await server.ReadAsync<StatusRequest>();
        Assert.Equal([sent[0].Id], asked.Ids);
        await server.SendAsync(new StatusAcknowledge(Bob, [new MessageStatus(sent[0].Id, MessageState.Accepted)]));
        Assert.Equal((sent[1].Id, "1"), await RequestAsync(server));
        Assert.Equal((sent[2].Id, "2"), await RequestAsync(server));
    }

    [Fact]
    public async Task A_message_that_is_not_confirmed_in_time_is_sent_again()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "hello").Within();
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(request));
        await sent.Accepted.Within();
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(request, await server.ReadAsync());
    }

    [Fact]
    public async Task A_body_larger_than_the_servers_limit_is_refused_here_and_the_connection_goes_on()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync(w => w with { Limits = w.Limits with { BodyBytesMax = 10 } });
        await client.WhenAsync<ConnectionState.Connected>();
        var large = await client.SendAsync("bob", new string('x', 11)).Within();
        Assert.Equal(ErrorCode.BodyTooLarge, (await Assert.ThrowsAsync<MessageRefusedException>(() => large.Accepted.Within())).Code);
        await client.SendAsync("bob", "small").Within();
        Assert.Equal("small", (await server.ReadAsync<MessageRequest>()).Body.Text);
    }

    [Fact]
    public async Task A_message_that_has_not_left_is_cancelled_for_certain()
    {
        Server.StopListening();
        var client = await OpenAsync();
        var sent = await client.SendAsync("bob", "never").Within();
        Assert.Equal(CancelOutcome.Cancelled, await client.CancelAsync(sent).Within());
        Assert.Equal(SentState.Cancelled, sent.State);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent.Delivered.Within());
        await client.DisposeAsync().AsTask().Within();

        var again = await OpenAsync();
        Assert.Empty(again.ListOutbox());
    }

    [Fact]
    public async Task A_refusal_is_told_when_the_message_has_gone_from_the_disk()
    {
        var client = await OpenAsync();
        var troubles = Channel.CreateUnbounded<ClientStoreException>();
        client.StoreFailed += (_, fault) => troubles.Writer.TryWrite(fault);
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", "no").Within();
        var request = await server.ReadAsync<MessageRequest>();
        ExecuteInStore(KeepOutbox);
        await server.SendAsync(new Error(ErrorCode.Forbidden, "not him", request.Id, request.To, TimeSpan.Zero));
        Assert.Contains("not now", (await troubles.Reader.ReadAsync().Within()).Message, StringComparison.Ordinal);
        Assert.NotEqual(SentState.Refused, sent.State);

        ExecuteInStore(DropKeepOutbox);
        var refused = Assert.ThrowsAsync<MessageRefusedException>(() => sent.Accepted);
        Assert.Equal(ErrorCode.Forbidden, (await AdvanceUntilAsync(TimeSpan.FromSeconds(5), refused)).Code);
        await client.DisposeAsync().AsTask().Within();
        Assert.Empty((await OpenAsync()).ListOutbox());
    }

    [Fact]
    public async Task A_cancel_that_could_not_be_written_can_be_repeated()
    {
        Server.StopListening();
        var client = await OpenAsync();
        var sent = await client.SendAsync("bob", "never").Within();
        ExecuteInStore(KeepOutbox);
        await Assert.ThrowsAsync<ClientStoreException>(() => client.CancelAsync(sent).Within());
        Assert.Equal(SentState.Waiting, sent.State);
        ExecuteInStore(DropKeepOutbox);
        Assert.Equal(CancelOutcome.Cancelled, await client.CancelAsync(sent).Within());
        Assert.Equal(SentState.Cancelled, sent.State);
        Assert.Equal(CancelOutcome.NotWaiting, await client.CancelAsync(sent).Within());
        await client.DisposeAsync().AsTask().Within();
        Assert.Empty((await OpenAsync()).ListOutbox());
    }

    [Fact]
    public async Task Stored_messages_are_bounded_in_bytes()
    {
        var client = await OpenAsync(Options with { Store = ClientStore.InMemory(), Outbox = new OutboxLimits { StoredBytesMax = 100 } });
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", new string('x', 100)).Within();
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(request), Report(MessageState.Stored, request));
        await sent.WhenAsync(SentState.Stored).Within();
        Assert.Equal(nameof(OutboxLimits.StoredBytesMax), (await Assert.ThrowsAsync<OutboxFullException>(() => client.SendAsync("bob", "2"))).Limit);
        await server.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        await client.SendAsync("bob", "2").Within();
    }

    [Fact]
    public async Task A_message_that_has_left_may_still_arrive_when_it_is_cancelled()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        await client.WhenAsync<ConnectionState.Connected>();
        var sent = await client.SendAsync("bob", "too late").Within();
        var request = await server.ReadAsync<MessageRequest>();
        Assert.Equal(CancelOutcome.MayStillArrive, await client.CancelAsync(sent).Within());
        Assert.Equal(CancelOutcome.NotWaiting, await client.CancelAsync(sent).Within());
        await server.SendAsync(Accept(request));

        await client.SendAsync("bob", "next").Within();
        Assert.Equal("next", (await server.ReadAsync<MessageRequest>()).Body.Text);
        Assert.Equal(SentState.Cancelled, sent.State);
    }

    [Fact]
    public async Task A_full_outbox_says_which_limit_it_has_and_takes_messages_again_later()
    {
        var client = await OpenAsync(Options with { Outbox = new OutboxLimits { WaitingMax = 2, WaitingBytesMax = 100, StoredMax = 1 } });
        var server = await Server.WelcomeAsync();
        var sent = await client.SendAsync("bob", new string('x', 60)).Within();
        Assert.Equal(nameof(OutboxLimits.WaitingBytesMax), (await Assert.ThrowsAsync<OutboxFullException>(() => client.SendAsync("bob", new string('x', 60)))).Limit);
        await client.SendAsync("bob", "2").Within();
        var full = await Assert.ThrowsAsync<OutboxFullException>(() => client.SendAsync("bob", "3"));
        Assert.Equal(nameof(OutboxLimits.WaitingMax), full.Limit);
        Assert.Contains("Await the Accepted or Delivered task", full.Message, StringComparison.Ordinal);

        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(request), Report(MessageState.Stored, request));
        await sent.WhenAsync(SentState.Stored).Within();
        Assert.Equal(nameof(OutboxLimits.StoredMax), (await Assert.ThrowsAsync<OutboxFullException>(() => client.SendAsync("bob", "3"))).Limit);

        await server.SendAsync(Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        await client.SendAsync("bob", "3").Within();
    }

    [Fact]
    public async Task Tasks_of_what_still_waits_end_with_the_client()
    {
        var client = await OpenAsync();
        var sent = await client.SendAsync("bob", "hello").Within();
        var delivered = sent.Delivered;
        await client.DisposeAsync().AsTask().Within();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => delivered.Within());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sent.Accepted.Within());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SendAsync("bob", "more").Within());
        Assert.Equal(SentState.Waiting, sent.State);
    }

    [Fact]
    public async Task A_send_that_is_cancelled_beforehand_sends_nothing()
    {
        var client = await OpenAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync("bob", "no", new CancellationToken(canceled: true)));
        Assert.Empty(client.ListOutbox());
    }

    private static async Task<(MessageId Id, string Text)> RequestAsync(ScriptedConnection server)
    {
        var request = await server.ReadAsync<MessageRequest>();
        return (request.Id, request.Body.Text);
    }

    [Fact]
    public async Task When_the_servers_clock_was_set_back_the_client_reconnects_and_makes_its_ids_on_the_new_time()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        var refused = await client.SendAsync("bob", "on the old time").Within();
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(new Error(ErrorCode.ClockSkew, "in the future", request.Id, Bob, TimeSpan.Zero));
        Assert.Equal(ErrorCode.ClockSkew, (await Assert.ThrowsAsync<MessageRefusedException>(() => refused.Accepted.Within())).Code);

        var waiting = await client.SendAsync("bob", "made before the new time is known").Within();
        var before = ScriptedConnection.PlainWelcome.ServerTime.AddHours(-6);
        server = await ReconnectedAsync(client, change: welcome => welcome with { ServerTime = before });
        Assert.Equal(before, (await server.ReadAsync<MessageRequest>()).Id.MadeAt);
        Assert.Equal(before, waiting.Id.MadeAt);

        // An id that was made before lies in the future of both, and is no reason to ask for the time again.
        await server.SendAsync(new Error(ErrorCode.ClockSkew, "in the future", request.Id, Bob, TimeSpan.Zero));
        await client.SendAsync("bob", "on the new time").Within();
        Assert.Equal(before, (await server.ReadAsync<MessageRequest>()).Id.MadeAt);
    }
}

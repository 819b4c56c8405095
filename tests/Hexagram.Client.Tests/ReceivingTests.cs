using System.Threading.Channels;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>What a handler gets, and what the server hears of it.</summary>
public sealed class ReceivingTests : ClientFixture
{
    private static readonly Epoch Another = new(0xE2);

    private readonly Channel<Message> _handled = Channel.CreateUnbounded<Message>();

    [Fact]
    public async Task A_message_is_confirmed_when_its_handler_has_succeeded()
    {
        var client = await OpenAsync();
        var finish = new TaskCompletionSource();
        client.OnMessage(async (message, _) =>
        {
            _handled.Writer.TryWrite(message);
            await finish.Task;
        });
        var server = await ReceivingAsync();

        await server.SendAsync(Notify(1, "one"));
        var message = await _handled.Reader.ReadAsync().Within();
        Assert.Equal(("one", "bob", 1L, false, 1), (message.Text, message.From.Value, message.Sequence.Value, message.Redelivered, message.Attempt));
        Assert.Equal(ScriptedConnection.PlainWelcome.ServerTime, message.SentAt);
        await server.SendAsync(Ping.Instance);
        await server.ReadAsync<Pong>();

        finish.SetResult();
        Assert.Equal(new AckRequest(ScriptedConnection.Epoch, new Sequence(1)), await server.ReadAsync());
    }

    [Fact]
    public async Task Messages_are_handled_one_at_a_time_and_in_order()
    {
        var client = await OpenAsync();
        var running = 0;
        client.OnMessage(async (message, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            _handled.Writer.TryWrite(message);
        });
        var server = await ReceivingAsync();
        await server.SendAsync([.. Enumerable.Range(1, 200).Select(n => Notify(n, $"{n}"))]);
        await ConfirmedAsync(server, 200);
        for (var n = 1; n <= 200; n++)
        {
            Assert.Equal(n, (await _handled.Reader.ReadAsync().Within()).Sequence.Value);
        }
    }

    [Fact]
    public async Task A_client_without_a_handler_only_sends_and_asks_for_messages_once_it_has_one()
    {
        var client = await OpenAsync();
        var server = await Server.WelcomeAsync();
        Assert.Equal((0, Epoch.None), (server.Hello.Window, server.Hello.Epoch));
        await client.WhenAsync<ConnectionState.Connected>();

        client.OnMessage(Handle);
        server = await Server.WelcomeAsync();
        Assert.Equal((Options.Window, 2L), (server.Hello.Window, server.Hello.Connection.Value));
        Assert.Throws<InvalidOperationException>(() => client.OnMessage(Handle));
    }

    [Fact]
    public async Task What_a_connection_that_only_sends_was_told_of_the_mailbox_moves_no_cursor()
    {
        var client = await OpenAsync();
        await Server.WelcomeAsync(w => w with { Last = new Sequence(7), ResumeAfter = new Sequence(7) });
        await client.WhenAsync<ConnectionState.Connected>();
        client.OnMessage(Handle);
        var server = await Server.WelcomeAsync();
        Assert.Equal((Epoch.None, Sequence.None), (server.Hello.Epoch, server.Hello.Cursor));
    }

    [Fact]
    public async Task A_client_with_window_0_takes_no_handler()
    {
        var client = await OpenAsync(Options with { Window = 0 });
        var fault = Assert.Throws<InvalidOperationException>(() => client.OnMessage(Handle));
        Assert.Contains("only sends", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_handler_keeps_its_message_at_the_head_and_is_reported()
    {
        var client = await OpenAsync(Options with { HandlerRetry = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)) });
        var failures = Channel.CreateUnbounded<HandlerFailedEventArgs>();
        client.HandlerFailed += (_, failed) => failures.Writer.TryWrite(failed);
        var fail = 3;
        client.OnMessage((message, _) =>
        {
            if (message.Text == "1" && fail-- > 0)
            {
                throw new InvalidOperationException("not yet");
            }

            return Handle(message, default);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        var failed = await failures.Reader.ReadAsync().Within();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(("1", attempt, attempt > 1, "not yet"), (failed.Message.Text, failed.Message.Attempt, failed.Message.Redelivered, failed.Exception.Message));
            Assert.InRange(failed.RetryAfter, TimeSpan.Zero, TimeSpan.FromSeconds(attempt == 1 ? 1 : 2));
            if (attempt < 3)
            {
                failed = await AdvanceUntilAsync(failed.RetryAfter, failures.Reader.ReadAsync().AsTask());
            }
        }

        var first = await AdvanceUntilAsync(failed.RetryAfter, _handled.Reader.ReadAsync().AsTask());
        Assert.Equal(("1", 4, true), (first.Text, first.Attempt, first.Redelivered));
        Assert.Equal("2", (await _handled.Reader.ReadAsync().Within()).Text);
        await ConfirmedAsync(server, 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_can_be_set_aside_and_the_stream_goes_on(bool byException)
    {
        var client = await OpenAsync();
        var aside = new TaskCompletionSource<SetAsideMessage>();
        client.MessageSetAside += (_, message) => aside.TrySetResult(message);
        client.HandlerFailed += (_, failed) => failed.SetAside("cannot be read");
        client.OnMessage((message, _) => message.Text == "poison"
            ? throw (byException ? new SetAsideException("cannot be read") : new FormatException("what is this?"))
            : Handle(message, default));
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "poison"), Notify(2, "good"));
        await ConfirmedAsync(server, 2);
        Assert.Equal("good", (await _handled.Reader.ReadAsync().Within()).Text);
        Assert.Equal("poison", (await aside.Task.Within()).Message.Text);

        await client.DisposeAsync().AsTask().Within();
        var again = await OpenAsync();
        var kept = Assert.Single(await again.ListSetAsideAsync().Within());
        Assert.Equal(("poison", "bob", 1L, "cannot be read"), (kept.Message.Text, kept.Message.From.Value, kept.Message.Sequence.Value, kept.Reason));
        Assert.True(await again.RemoveSetAsideAsync(kept).Within());
        Assert.False(await again.RemoveSetAsideAsync(kept).Within());
        Assert.Empty(await again.ListSetAsideAsync().Within());
    }

    [Fact]
    public async Task When_as_many_are_set_aside_as_may_be_the_next_stays_at_the_head()
    {
        var client = await OpenAsync(Options with { SetAsideMax = 1 });
        var failures = Channel.CreateUnbounded<HandlerFailedEventArgs>();
        client.HandlerFailed += (_, failed) => failures.Writer.TryWrite(failed);
        client.OnMessage((_, _) => throw new SetAsideException("no"));
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        var failed = await failures.Reader.ReadAsync().Within();
        Assert.Equal("2", failed.Message.Text);
        Assert.Contains(nameof(HexagramClientOptions.SetAsideMax), failed.Exception.Message, StringComparison.Ordinal);
        await ConfirmedAsync(server, 1);

        await client.RemoveSetAsideAsync(Assert.Single(await client.ListSetAsideAsync().Within())).Within();
        await AdvanceUntilAsync(failed.RetryAfter, ConfirmedAsync(server, 2));
        Assert.Equal("2", Assert.Single(await client.ListSetAsideAsync().Within()).Message.Text);
    }

    [Fact]
    public async Task The_handlers_token_is_cancelled_when_the_client_is_disposed_of_and_its_message_comes_again_marked()
    {
        var client = await OpenAsync();
        var begun = new TaskCompletionSource();
        client.OnMessage(async (_, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        var server = await ReceivingAsync();
        var message = Notify(1, "1");
        await server.SendAsync(message, Notify(2, "2"));
        await begun.Task.Within();
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        client.OnMessage(Handle);
        server = await ReceivingAsync();
        Assert.Equal(Sequence.None, server.Hello.Cursor);
        await server.SendAsync(message, Notify(2, "2"));
        Assert.True((await _handled.Reader.ReadAsync().Within()).Redelivered);
        Assert.False((await _handled.Reader.ReadAsync().Within()).Redelivered);
    }

    [Fact]
    public async Task A_message_that_was_never_handed_over_is_not_marked_after_a_restart()
    {
        var client = await OpenAsync();
        var begun = new TaskCompletionSource();
        var disposed = new TaskCompletionSource();
        client.OnMessage(async (_, cancellationToken) =>
        {
            begun.SetResult();
            await using var registration = cancellationToken.Register(disposed.SetResult);
            await disposed.Task;
        });
        var server = await ReceivingAsync();
        var second = Notify(2, "2");
        await server.SendAsync(Notify(1, "1"), second);
        await begun.Task.Within();
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        client.OnMessage(Handle);
        server = await ReceivingAsync();
        Assert.Equal(new Sequence(1), server.Hello.Cursor);
        await server.SendAsync(second);
        Assert.False((await _handled.Reader.ReadAsync().Within()).Redelivered);
    }

    [Fact]
    public async Task A_client_cannot_be_disposed_of_by_its_own_handler()
    {
        var client = await OpenAsync();
        var fault = new TaskCompletionSource<Exception>();
        client.OnMessage(async (_, _) => fault.SetResult(await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.DisposeAsync())));
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        Assert.Contains("own handler", (await fault.Task.Within()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_handler_has_started_may_dispose_of_the_client_after_it()
    {
        var client = await OpenAsync();
        var proceed = new TaskCompletionSource();
        var disposed = new TaskCompletionSource<Task>();
        client.OnMessage((_, _) =>
        {
            disposed.SetResult(DisposeLaterAsync());
            return Task.CompletedTask;
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await ConfirmedAsync(server, 1);
        proceed.SetResult();
        await (await disposed.Task.Within()).Within();

        async Task DisposeLaterAsync()
        {
            await proceed.Task;
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_message_that_failed_in_an_ended_history_comes_again_marked()
    {
        var client = await OpenAsync();
        var failed = Channel.CreateUnbounded<HandlerFailedEventArgs>();
        client.HandlerFailed += (_, e) => failed.Writer.TryWrite(e);
        var fail = true;
        client.OnMessage((message, cancellationToken) =>
        {
            if (fail)
            {
                fail = false;
                throw new InvalidOperationException("not yet");
            }

            return Handle(message, cancellationToken);
        });
        var server = await ReceivingAsync();
        var message = Notify(1, "1");
        await server.SendAsync(message);
        await failed.Reader.ReadAsync().Within();
        server.Close();
        server = await ReconnectedAsync(client, change: w => w with { Epoch = Another });
        await server.SendAsync(Notify(1, "new"), message with { Sequence = new Sequence(2) });
        await ConfirmedAsync(server, 2);
        Assert.False((await _handled.Reader.ReadAsync().Within()).Redelivered);
        Assert.True((await _handled.Reader.ReadAsync().Within()).Redelivered);
    }

    [Fact]
    public async Task The_mark_of_a_begun_message_outlives_a_gap()
    {
        var client = await OpenAsync();
        var begun = new TaskCompletionSource();
        client.OnMessage(async (_, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        var server = await ReceivingAsync();
        var message = Notify(1, "1");
        await server.SendAsync(message);
        await begun.Task.Within();
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        client.OnMessage(Handle);
        server = await ReceivingAsync(w => w with { FirstAvailable = new Sequence(3), Last = new Sequence(2), ResumeAfter = new Sequence(2) });
        await ConfirmedAsync(server, 2);
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        client.OnMessage(Handle);
        server = await ReceivingAsync(w => w with { Epoch = Another });
        await server.SendAsync(message with { Sequence = new Sequence(3) });
        Assert.True((await _handled.Reader.ReadAsync().Within()).Redelivered);
    }

    [Fact]
    public async Task An_entry_that_is_being_handled_is_dropped_and_one_that_is_committed_is_confirmed_again()
    {
        var client = await OpenAsync();
        var finish = new SemaphoreSlim(0);
        client.OnMessage(async (message, cancellationToken) =>
        {
            await Handle(message, cancellationToken);
            await finish.WaitAsync(cancellationToken);
        });
        var server = await ReceivingAsync();
        var one = Notify(1, "1");
        await server.SendAsync(one, one);
        await _handled.Reader.ReadAsync().Within();
        finish.Release();
        await ConfirmedAsync(server, 1);

        await server.SendAsync(one with { Redelivered = true });
        Assert.Equal(new AckRequest(ScriptedConnection.Epoch, new Sequence(1)), await server.ReadAsync());
        Assert.False(_handled.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_hole_in_the_stream_makes_the_client_reconnect_from_its_cursor()
    {
        var client = await OpenAsync();
        client.OnMessage(Handle);
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await ConfirmedAsync(server, 1);
        await server.SendAsync(Notify(3, "3"));
        server = await ReconnectedAsync(client);
        Assert.Equal(1, server.Hello.Cursor.Value);
        await server.SendAsync(Notify(2, "2"), Notify(3, "3"));
        await ConfirmedAsync(server, 3);
        Assert.Equal(["1", "2", "3"], [Next(), Next(), Next()]);

        string Next() => _handled.Reader.TryRead(out var message) ? message.Text : "";
    }

    [Fact]
    public async Task What_is_handled_while_the_connection_is_lost_is_confirmed_by_the_next_hello()
    {
        var client = await OpenAsync();
        var finish = new TaskCompletionSource();
        client.OnMessage(async (message, cancellationToken) =>
        {
            await Handle(message, cancellationToken);
            await finish.Task;
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await _handled.Reader.ReadAsync().Within();
        server.Close();
        await client.WhenAsync<ConnectionState.Waiting>();
        finish.SetResult();
        await _handled.Reader.ReadAsync().Within();

        server = await ReconnectedAsync(client);
        Assert.InRange(server.Hello.Cursor.Value, 1, 2);
        await server.SendAsync([.. Enumerable.Range((int)server.Hello.Cursor.Value + 1, 3).Select(n => Notify(n, $"{n}"))]);
        await ConfirmedAsync(server, server.Hello.Cursor.Value + 3);
        Assert.Equal("3", (await _handled.Reader.ReadAsync().Within()).Text);
    }

    [Fact]
    public async Task More_than_the_window_is_not_taken()
    {
        var client = await OpenAsync(Options with { Window = 2 });
        var finish = new TaskCompletionSource();
        client.OnMessage((_, _) => finish.Task);
        var server = await ReceivingAsync();
        Assert.Equal(2, server.Hello.Window);
        await server.SendAsync([.. Enumerable.Range(1, 9).Select(n => Notify(n, $"{n}"))]);
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains("window of 2", waiting.Reason, StringComparison.Ordinal);
        finish.SetResult();
    }

    [Fact]
    public async Task More_bytes_than_the_window_are_not_taken()
    {
        var client = await OpenAsync(Options with { WindowBytes = 2_000 });
        var finish = new TaskCompletionSource();
        client.OnMessage((_, _) => finish.Task);
        var server = await ReceivingAsync();
        await server.SendAsync([.. Enumerable.Range(1, 5).Select(n => Notify(n, new string('x', 1_500)))]);
        var waiting = await client.WhenAsync<ConnectionState.Waiting>();
        Assert.Contains("window of 2000 bytes", waiting.Reason, StringComparison.Ordinal);
        finish.SetResult();
    }

    [Fact]
    public async Task What_was_more_than_the_window_is_handled_when_it_comes_again()
    {
        var client = await OpenAsync(Options with { Window = 2 });
        var finish = new TaskCompletionSource();
        client.OnMessage(async (message, cancellationToken) =>
        {
            await finish.Task;
            await Handle(message, cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync([.. Enumerable.Range(1, 9).Select(n => Notify(n, $"{n}"))]);
        await client.WhenAsync<ConnectionState.Waiting>();
        server = await ReconnectedAsync(client);
        finish.SetResult();
        for (var n = 1; n <= 9; n++)
        {
            await server.SendAsync(Notify(n, $"{n}"));
            await ConfirmedAsync(server, n);
        }

        Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "9"], await AllHandledAsync());
    }

    [Fact]
    public async Task What_waits_of_an_ended_history_takes_no_place_from_the_new_one()
    {
        var client = await OpenAsync(Options with { Window = 2, WindowBytes = 3_000 });
        var begun = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        client.OnMessage(async (message, cancellationToken) =>
        {
            begun.TrySetResult();
            await finish.Task;
            await Handle(message, cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "old 1"));
        await begun.Task.Within();
        await server.SendAsync([.. Enumerable.Range(2, 3).Select(n => Notify(n, $"{new string('x', 1_200)}{n}")), Ping.Instance]);
        await server.ReadAsync<Pong>();
        server.Close();
        server = await ReconnectedAsync(client, change: w => w with { Epoch = Another });
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"), Ping.Instance);
        await server.ReadAsync<Pong>();
        finish.SetResult();
        await ConfirmedAsync(server, 2);
        Assert.Equal(["old 1", "1", "2"], await AllHandledAsync());
    }

    [Fact]
    public async Task A_gap_is_told_also_when_its_history_could_not_be_saved_at_once()
    {
        var client = await OpenAsync();
        var missing = new TaskCompletionSource<MissingMessages>();
        client.MessagesMissing += (_, gap) => missing.TrySetResult(gap);
        client.OnMessage(Handle);
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await ConfirmedAsync(server, 1);
        server.Close();
        ExecuteInStore("CREATE TRIGGER no_history BEFORE UPDATE OF epoch ON hexagram_inbox BEGIN SELECT RAISE(FAIL, 'not now'); END");
        await ReconnectedAsync(client, change: w => w with { Epoch = Another, FirstAvailable = new Sequence(6), Last = new Sequence(6), ResumeAfter = new Sequence(5) });
        await client.WhenAsync<ConnectionState.Waiting>(w => w.Reason.Contains("not now", StringComparison.Ordinal));
        ExecuteInStore("DROP TRIGGER no_history");

        server = await ReconnectedAsync(client, change: w => w with { FirstAvailable = new Sequence(6), Last = new Sequence(6), ResumeAfter = new Sequence(5), Epoch = Another });
        // The gap may have been told and committed by now, or be still to come; either way it is told.
        Assert.Equal(Another, server.Hello.Epoch);
        Assert.Contains(server.Hello.Cursor.Value, new[] { 1L, 5L });
        await server.SendAsync(Notify(6, "6"));
        Assert.Equal(new MissingMessages(new Sequence(2), new Sequence(5)), await missing.Task.Within());
        await ConfirmedAsync(server, 6);
    }

    [Fact]
    public async Task A_client_that_is_disposed_of_hands_out_nothing_more_of_what_waits()
    {
        var client = await OpenAsync();
        var begun = new TaskCompletionSource();
        client.OnMessage(async (message, cancellationToken) =>
        {
            begun.TrySetResult();
            var stopping = new TaskCompletionSource();
            await using var registered = cancellationToken.Register(stopping.SetResult);
            await stopping.Task;
            await Handle(message, default);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"), Notify(3, "3"), Ping.Instance);
        await server.ReadAsync<Pong>();
        await begun.Task.Within();
        await client.DisposeAsync().AsTask().Within();
        Assert.Equal(["1"], await AllHandledAsync());
    }

    [Fact]
    public async Task Messages_that_are_gone_are_told_as_missing_in_their_place()
    {
        var client = await OpenAsync();
        var missing = new TaskCompletionSource<MissingMessages>();
        client.MessagesMissing += (_, gap) => missing.TrySetResult(gap);
        client.OnMessage(Handle);
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await ConfirmedAsync(server, 1);
        server.Close();
        server = await ReconnectedAsync(client, change: w => w with { FirstAvailable = new Sequence(6), Last = new Sequence(6), ResumeAfter = new Sequence(5) });
        await server.SendAsync(Notify(6, "6"));
        Assert.Equal(new MissingMessages(new Sequence(2), new Sequence(5)), await missing.Task.Within());
        await ConfirmedAsync(server, 6);
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        client.OnMessage(Handle);
        Assert.Equal(6, (await ReceivingAsync()).Hello.Cursor.Value);
    }

    [Fact]
    public async Task After_a_change_of_history_what_was_seen_is_not_handled_again()
    {
        var client = await OpenAsync();
        client.OnMessage(Handle);
        var server = await ReceivingAsync();
        var shared = Notify(1, "shared");
        var lost = Notify(2, "lost with the backup");
        await server.SendAsync(shared, lost);
        await ConfirmedAsync(server, 2);
        server.Close();

        // Restored from a backup that ends at 1; its sender has sent the lost one again, behind a new one.
        server = await ReconnectedAsync(client, change: w => w with { Epoch = Another, Last = new Sequence(3), ResumeAfter = new Sequence(1) });
        await server.SendAsync(Notify(2, "new"), lost with { Sequence = new Sequence(3) });
        Assert.Equal(new AckRequest(Another, new Sequence(3)), await ConfirmedAsync(server, 3));
        Assert.Equal(["shared", "lost with the backup", "new"], await AllHandledAsync());
        await client.DisposeAsync().AsTask().Within();

        // The same after a restart: the seen set is durable.
        client = await OpenAsync();
        client.OnMessage(Handle);
        server = await ReceivingAsync(w => w with { Epoch = new Epoch(0xE3), Last = new Sequence(4), ResumeAfter = Sequence.None });
        Assert.Equal((Another, new Sequence(3)), (server.Hello.Epoch, server.Hello.Cursor));
        await server.SendAsync(shared, lost, Notify(3, "newer"));
        await ConfirmedAsync(server, 3);
        Assert.Equal(["newer"], await AllHandledAsync());
    }

    [Fact]
    public async Task What_waits_for_the_handler_is_dropped_when_its_history_ends()
    {
        var client = await OpenAsync();
        var failed = Channel.CreateUnbounded<HandlerFailedEventArgs>();
        client.HandlerFailed += (_, e) => failed.Writer.TryWrite(e);
        client.OnMessage((message, cancellationToken) => message.Text.StartsWith("old", StringComparison.Ordinal)
            ? throw new InvalidOperationException("never")
            : Handle(message, cancellationToken));
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "old 1"), Notify(2, "old 2"));
        await failed.Reader.ReadAsync().Within();
        server.Close();
        server = await ReconnectedAsync(client, change: w => w with { Epoch = Another });
        await server.SendAsync(Notify(1, "new"));
        Assert.Equal(new AckRequest(Another, new Sequence(1)), await server.ReadAsync());
        Assert.Equal(["new"], await AllHandledAsync());
        Assert.False(failed.Reader.TryRead(out _));
    }

    private Task Handle(Message message, CancellationToken cancellationToken)
    {
        _handled.Writer.TryWrite(message);
        return Task.CompletedTask;
    }

    private async Task<List<string>> AllHandledAsync()
    {
        var texts = new List<string> { (await _handled.Reader.ReadAsync().Within()).Text };
        while (_handled.Reader.TryRead(out var message))
        {
            texts.Add(message.Text);
        }

        return texts;
    }
}

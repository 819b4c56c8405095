using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Tests;

/// <summary>What an <c>await foreach</c> over the messages gets, and what the server hears of it.</summary>
public sealed class ReadingTests : ClientFixture
{
    private static readonly Epoch Another = new(0xE2);

    [Fact]
    public async Task A_message_is_confirmed_when_the_loop_asks_for_the_next()
    {
        var client = await OpenAsync();
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var first = loop.MoveNextAsync();
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "one"), Notify(2, "two"));
        Assert.True(await first.Within());
        Assert.Equal(("one", "bob", 1L, false, 1), (loop.Current.Text, loop.Current.From.Value, loop.Current.Sequence.Value, loop.Current.Redelivered, loop.Current.Attempt));
        await server.SendAsync(Ping.Instance);
        await server.ReadAsync<Pong>();

        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal("two", loop.Current.Text);
        Assert.Equal(new AckRequest(ScriptedConnection.Epoch, new Sequence(1)), await server.ReadAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_loop_that_is_left_has_not_confirmed_its_message_and_the_next_loop_begins_with_it(bool byException)
    {
        var client = await OpenAsync();
        var reading = LeaveAtAsync(client, "2", byException);
        var server = await ReceivingAsync();
        await server.SendAsync([.. Enumerable.Range(1, 4).Select(n => Notify(n, $"{n}"))]);
        Assert.Equal(["1", "2"], await reading.Within());
        await ConfirmedAsync(server, 1);
        await server.SendAsync(Ping.Instance);
        await server.ReadAsync<Pong>();

        var again = new List<(string Text, bool Redelivered, int Attempt)>();
        await foreach (var message in client.ReadAllAsync())
        {
            again.Add((message.Text, message.Redelivered, message.Attempt));
            if (message.Text == "4")
            {
                break;
            }
        }

        Assert.Equal([("2", true, 2), ("3", false, 1), ("4", false, 1)], again);
        await ConfirmedAsync(server, 3);
    }

    [Fact]
    public async Task After_a_restart_the_message_that_was_being_read_comes_first_and_marked()
    {
        var client = await OpenAsync();
        var reading = LeaveAtAsync(client, "2", byException: false);
        var server = await ReceivingAsync();
        var second = Notify(2, "2");
        await server.SendAsync(Notify(1, "1"), second);
        await reading.Within();
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync();
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var next = loop.MoveNextAsync();
        server = await ReceivingAsync();
        Assert.Equal(new Sequence(1), server.Hello.Cursor);
        await server.SendAsync(second);
        Assert.True(await next.Within());
        Assert.Equal(("2", true), (loop.Current.Text, loop.Current.Redelivered));
    }

    [Fact]
    public async Task A_handler_that_follows_a_loop_begins_with_the_message_the_loop_was_left_in()
    {
        var client = await OpenAsync();
        var reading = LeaveAtAsync(client, "1", byException: false);
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await reading.Within();
        var handled = new List<(string, bool)>();
        client.OnMessage((message, _) =>
        {
            handled.Add((message.Text, message.Redelivered));
            return Task.CompletedTask;
        });
        await ConfirmedAsync(server, 2);
        Assert.Equal([("1", true), ("2", false)], handled);
    }

    [Fact]
    public async Task There_is_one_loop_or_one_handler_at_a_time()
    {
        var client = await OpenAsync();
        await using (var loop = client.ReadAllAsync().GetAsyncEnumerator())
        {
            var first = loop.MoveNextAsync();
            var server = await ReceivingAsync();
            await using var second = client.ReadAllAsync().GetAsyncEnumerator();
            var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () => await second.MoveNextAsync());
            Assert.Contains("handler or a reader already", fault.Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => client.OnMessage((_, _) => Task.CompletedTask));
            await server.SendAsync(Notify(1, "1"));
            Assert.True(await first.Within());
        }

        client.OnMessage((_, _) => Task.CompletedTask);
        await using var third = client.ReadAllAsync().GetAsyncEnumerator();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await third.MoveNextAsync());
    }

    [Fact]
    public async Task A_client_that_only_sends_is_not_read()
    {
        var client = await OpenAsync(Options with { Window = 0 });
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () => await loop.MoveNextAsync());
        Assert.Contains("only sends", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_ends_the_waiting_and_what_was_asked_behind_is_confirmed()
    {
        var client = await OpenAsync();
        using var cancel = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            await foreach (var message in client.ReadAllAsync(cancel.Token))
            {
                // The message has been dealt with; the loop asks for the next with a token that is cancelled.
                await cancel.CancelAsync();
            }
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.Within());
        await ConfirmedAsync(server, 1);

        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal("2", loop.Current.Text);
    }

    [Fact]
    public async Task A_loop_that_waits_ends_when_the_client_is_disposed_of()
    {
        var client = await OpenAsync();
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var next = loop.MoveNextAsync().AsTask();
        await ReceivingAsync();
        await client.DisposeAsync().AsTask().Within();
        Assert.False(await next.Within());
    }

    [Fact]
    public async Task A_loop_whose_client_is_disposed_of_learns_that_its_message_is_not_confirmed()
    {
        var client = await OpenAsync();
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var first = loop.MoveNextAsync();
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        Assert.True(await first.Within());
        await client.DisposeAsync().AsTask().Within();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await loop.MoveNextAsync());
        Assert.DoesNotContain(await server.ReadToEndAsync(), packet => packet is AckRequest);
    }

    [Fact]
    public async Task A_loop_that_is_left_in_a_message_of_an_ended_history_does_not_hold_up_the_next()
    {
        var client = await OpenAsync();
        var old = Notify(1, "old");
        await using (var left = client.ReadAllAsync().GetAsyncEnumerator())
        {
            var first = left.MoveNextAsync();
            var before = await ReceivingAsync();
            await before.SendAsync(old);
            Assert.True(await first.Within());
            before.Close();
            var after = await ReconnectedAsync(client, change: w => w with { Epoch = Another });
            await after.SendAsync(Notify(1, "new"), old with { Sequence = new Sequence(2) }, Ping.Instance);
            await after.ReadAsync<Pong>();
        }

        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal(("new", false), (loop.Current.Text, loop.Current.Redelivered));
        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal(("old", 2L, true), (loop.Current.Text, loop.Current.Sequence.Value, loop.Current.Redelivered));
    }

    [Fact]
    public async Task What_a_loop_has_finished_with_does_not_come_again_in_a_new_history()
    {
        var client = await OpenAsync();
        var old = Notify(1, "old");
        await using var loop = client.ReadAllAsync().GetAsyncEnumerator();
        var first = loop.MoveNextAsync();
        var server = await ReceivingAsync();
        await server.SendAsync(old);
        Assert.True(await first.Within());
        server.Close();
        server = await ReconnectedAsync(client, change: w => w with { Epoch = Another });
        await server.SendAsync(Notify(1, "new"), old with { Sequence = new Sequence(2) }, Notify(3, "last"));
        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal("new", loop.Current.Text);
        Assert.True(await loop.MoveNextAsync().Within());
        Assert.Equal("last", loop.Current.Text);
    }

    /// <summary>Reads until this text, and leaves the loop in it.</summary>
    private static async Task<List<string>> LeaveAtAsync(HexagramClient client, string text, bool byException)
    {
        var read = new List<string>();
        try
        {
            await foreach (var message in client.ReadAllAsync())
            {
                read.Add(message.Text);
                if (message.Text == text)
                {
                    if (byException)
                    {
                        throw new FormatException("what is this?");
                    }

                    break;
                }
            }
        }
        catch (FormatException)
        {
            // The loop is left, and that is all this is for.
        }

        return read;
    }
}

using System.Data.Common;
using System.Threading.Channels;
using Hexagram.Client.Tests.Scripted;
using Hexagram.Delivery.Outgoing;

namespace Hexagram.Client.Tests.Conformance;

/// <summary>Handlers that write in the transaction of the inbox, exactly once: the same over every store that has transactions.</summary>
public abstract class TransactionConformance : ClientFixture
{
    private protected Channel<HandlerFailedEventArgs> Failed { get; } = Channel.CreateUnbounded<HandlerFailedEventArgs>();

    /// <summary>A connection of the application's own to the database of the store, which a client may have open.</summary>
    private protected abstract DbConnection OpenDatabase();

    [Fact]
    public async Task What_the_handler_writes_is_committed_with_the_message()
    {
        var client = await ReceivingClientAsync(Note);
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        await client.DisposeAsync().AsTask().Within();

        await ReceivingClientAsync(Note);
        server = await ReceivingAsync();
        Assert.Equal(2, server.Hello.Cursor.Value);
        await server.SendAsync(Notify(3, "3"));
        await ConfirmedAsync(server, 3);
        Assert.Equal(["1", "2", "3"], NotesOnDisk());
    }

    [Fact]
    public async Task What_a_failing_handler_wrote_is_undone()
    {
        var fail = true;
        var client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            Assert.False(message.Redelivered);
            await Note(message, transaction, cancellationToken);
            if (fail)
            {
                fail = false;
                throw new InvalidOperationException("after the write");
            }
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        var failed = await Failed.Reader.ReadAsync().Within();
        Assert.Equal([], NotesOnDisk());
        await AdvanceUntilAsync(failed.RetryAfter, ConfirmedAsync(server, 1));
        Assert.Equal(["1"], NotesOnDisk());
        Assert.NotNull(client);
    }

    [Fact]
    public async Task What_is_set_aside_leaves_no_trace_but_itself()
    {
        var client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            throw new SetAsideException("no");
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await ConfirmedAsync(server, 1);
        Assert.Equal([], NotesOnDisk());
        Assert.Equal("1", Assert.Single(await client.ListSetAsideAsync().Within()).Message.Text);
    }

    [Fact]
    public async Task A_message_sent_by_the_handler_leaves_when_its_transaction_is_committed()
    {
        var replied = new TaskCompletionSource<SentMessage>();
        HexagramClient client = null!;
        var fail = true;
        client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            var reply = await client.SendAsync(message.From.Value, $"re: {message.Text}, attempt {message.Attempt}", cancellationToken);
            Assert.Equal(SentState.Waiting, reply.State);
            Assert.Empty(await client.ListSetAsideAsync());
            if (fail)
            {
                fail = false;
                throw new InvalidOperationException("undo the reply");
            }

            replied.SetResult(reply);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "hello"));
        var failed = await Failed.Reader.ReadAsync().Within();
        var packets = new List<Packet> { await AdvanceUntilAsync(failed.RetryAfter, server.ReadAsync()), await server.ReadAsync() };
        var request = Assert.Single(packets.OfType<MessageRequest>());
        Assert.Equal("re: hello, attempt 2", request.Body.Text);
        Assert.Single(packets.OfType<AckRequest>());
        await server.SendAsync(Accept(request));
        await (await replied.Task.Within()).Accepted.Within();
    }

    [Fact]
    public async Task A_message_whose_transaction_is_undone_is_cancelled()
    {
        var sent = Channel.CreateUnbounded<SentMessage>();
        HexagramClient client = null!;
        client = await ReceivingClientAsync(async (message, _, cancellationToken) =>
        {
            sent.Writer.TryWrite(await client.SendAsync("carol", "never", cancellationToken));
            throw new InvalidOperationException("no");
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await Failed.Reader.ReadAsync().Within();
        var handle = await sent.Reader.ReadAsync().Within();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handle.Accepted.Within());
        Assert.Equal(SentState.Cancelled, handle.State);
        Assert.Empty(client.ListOutbox());
    }

    [Fact]
    public async Task Messages_sent_beside_a_handler_keep_the_order_of_the_calls()
    {
        var inside = new TaskCompletionSource();
        var outside = new TaskCompletionSource();
        HexagramClient client = null!;
        client = await ReceivingClientAsync(async (_, _, cancellationToken) =>
        {
            inside.SetResult();
            await outside.Task;
            await client.SendAsync("carol", "2, in the transaction", cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await inside.Task.Within();
        var first = client.SendAsync("carol", "1, before it");
        Assert.False(first.IsCompleted);
        outside.SetResult();
        await first.Within();

        var texts = new List<string>();
        while (texts.Count < 2)
        {
            if (await server.ReadAsync() is MessageRequest request)
            {
                texts.Add(request.Body.Text);
            }
        }

        Assert.Equal(["1, before it", "2, in the transaction"], texts);
    }

    [Fact]
    public async Task A_handler_that_commits_by_itself_has_committed_the_message()
    {
        await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        Assert.Equal(["1", "2"], NotesOnDisk());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_that_commits_by_itself_and_then_throws_has_handled_the_message(bool bySql)
    {
        await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            await (bySql ? Execute(transaction, "COMMIT") : transaction.CommitAsync(cancellationToken));
            throw new InvalidOperationException("too late");
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        Assert.Equal(["1", "2"], NotesOnDisk());
        Assert.False(Failed.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_handler_that_rolls_back_and_does_not_fail_hasFailed()
    {
        await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            await transaction.RollbackAsync(cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        var failed = await Failed.Reader.ReadAsync().Within();
        Assert.Contains("rolled the transaction back", failed.Exception.Message, StringComparison.Ordinal);
        Assert.Equal([], NotesOnDisk());
    }

    [Fact]
    public async Task A_handlers_transaction_cannot_cancel_messages()
    {
        var fault = new TaskCompletionSource<Exception>();
        HexagramClient client = null!;
        SentMessage? sent = null;
        client = await ReceivingClientAsync(async (_, _, _) =>
            fault.TrySetResult(await Assert.ThrowsAsync<InvalidOperationException>(() => client.CancelAsync(sent!))));
        sent = await client.SendAsync("carol", "stays").Within();
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        await fault.Task.Within();
        Assert.Single(client.ListOutbox());
    }

    [Fact]
    public async Task What_a_handler_removes_counts_as_set_aside_until_it_is_committed()
    {
        var client = await OpenAsync(Options with { SetAsideMax = 1 });
        client.HandlerFailed += (_, failed) => Failed.Writer.TryWrite(failed);
        client.OnMessageInTransaction(async (message, _, _) =>
        {
            if (message.Text == "2")
            {
                await client.RemoveSetAsideAsync(Assert.Single(await client.ListSetAsideAsync()));
            }

            throw new SetAsideException("no");
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        var failed = await Failed.Reader.ReadAsync().Within();
        Assert.Contains(nameof(HexagramClientOptions.SetAsideMax), failed.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("1", Assert.Single(await client.ListSetAsideAsync().Within()).Message.Text);
    }

    [Fact]
    public async Task A_message_sent_in_an_open_transaction_is_not_said_to_be_gone_when_it_is_cancelled()
    {
        HexagramClient client = null!;
        var sent = new TaskCompletionSource<SentMessage>();
        var finish = new TaskCompletionSource();
        client = await ReceivingClientAsync(async (_, _, cancellationToken) =>
        {
            sent.SetResult(await client.SendAsync("carol", "hello", cancellationToken));
            await finish.Task;
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        var message = await sent.Task.Within();
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.CancelAsync(message).Within());
        finish.SetResult();
        while (await server.ReadAsync() is not MessageRequest)
        {
        }

        Assert.Equal(CancelOutcome.MayStillArrive, await client.CancelAsync(message).Within());
    }

    private protected async Task<HexagramClient> ReceivingClientAsync(Func<Message, DbTransaction, CancellationToken, Task> handler)
    {
        var client = await OpenAsync();
        client.HandlerFailed += (_, failed) => Failed.Writer.TryWrite(failed);
        client.OnMessageInTransaction(handler);
        return client;
    }

    private protected static async Task Note(Message message, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await Execute(transaction, "CREATE TABLE IF NOT EXISTS notes (number INTEGER, text TEXT)");
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"INSERT INTO notes (number, text) VALUES ({message.Sequence}, @text)";
        var text = command.CreateParameter();
        text.ParameterName = "text";
        text.Value = message.Text;
        command.Parameters.Add(text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private protected static async Task Execute(DbTransaction transaction, string sql)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What another connection of the application finds in the database, while the client has it open.</summary>
    private protected List<string> NotesOnDisk()
    {
        using var connection = OpenDatabase();
        using var command = connection.CreateCommand();
        command.CommandText = "CREATE TABLE IF NOT EXISTS notes (number INTEGER, text TEXT); SELECT text FROM notes ORDER BY number";
        using var row = command.ExecuteReader();
        var notes = new List<string>();
        while (row.Read())
        {
            notes.Add(row.GetString(0));
        }

        return notes;
    }
}

using System.Data.Common;
using Hexagram.Client.Tests.Conformance;
using Hexagram.Client.Tests.Scripted;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Tests;

/// <summary>Handlers that write in the client's own file.</summary>
public sealed class TransactionTests : TransactionConformance
{
    private protected override DbConnection OpenDatabase()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(FolderPath, "client.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Nobody else is at the connection when the handler runs its next command, awaited or not.</summary>
    [Fact]
    public async Task A_message_sent_by_the_handler_is_written_when_the_call_returns()
    {
        var counts = new TaskCompletionSource<(long, long, bool)>();
        HexagramClient client = null!;
        client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            var first = client.SendAsync("carol", "1", cancellationToken);
            var one = await CountAsync();
            var second = client.SendAsync("carol", "2", cancellationToken);
            counts.SetResult((one, await CountAsync(), first.IsCompletedSuccessfully && second.IsCompletedSuccessfully));

            async Task<long> CountAsync()
            {
                await using var command = transaction.Connection!.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = "SELECT count(*) FROM hexagram_outbox";
                return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
            }
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        Assert.Equal((1L, 2L, true), await counts.Task.Within());
    }

    [Fact]
    public async Task A_message_sent_after_the_transaction_was_undone_is_refused_to_the_handler()
    {
        var fault = new TaskCompletionSource<Exception>();
        HexagramClient client = null!;
        client = await ReceivingClientAsync(async (_, transaction, cancellationToken) =>
        {
            await Execute(transaction, "ROLLBACK");
            fault.TrySetResult(await Assert.ThrowsAsync<ClientStoreException>(() => client.SendAsync("carol", "never", cancellationToken)));
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        Assert.Contains("has ended", (await fault.Task.Within()).Message, StringComparison.Ordinal);
        await Failed.Reader.ReadAsync().Within();
        Assert.Empty(client.ListOutbox());
    }

    /// <summary>SQLite undoes whole transactions by itself, at a full disk or when SQL asks for it; a handler may not notice.</summary>
    [Theory]
    [InlineData("CREATE TABLE once (n INTEGER PRIMARY KEY); INSERT INTO once VALUES (1); INSERT OR ROLLBACK INTO once VALUES (1)")]
    [InlineData("ROLLBACK")]
    public async Task A_transaction_that_was_undone_behind_the_handlers_back_hasFailed_and_the_store_goes_on(string undo)
    {
        var fail = true;
        var client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            if (fail)
            {
                fail = false;
                await Record.ExceptionAsync(() => Execute(transaction, undo));
            }
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        var failed = await Failed.Reader.ReadAsync().Within();
        Assert.Equal([], NotesOnDisk());
        await AdvanceUntilAsync(failed.RetryAfter, ConfirmedAsync(server, 1));
        Assert.Equal(["1"], NotesOnDisk());
        await client.SendAsync("bob", "goes on").Within();
    }

    /// <summary>SQLite undoes a transaction whose commit fails, without the knowledge of its object.</summary>
    [Fact]
    public async Task A_commit_that_fails_hasFailed_the_handler_and_the_store_goes_on()
    {
        var fail = true;
        await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Note(message, transaction, cancellationToken);
            if (fail)
            {
                fail = false;
                SQLitePCL.raw.sqlite3_commit_hook(((SqliteTransaction)transaction).Connection!.Handle, _ => 1, null);
            }
            else
            {
                SQLitePCL.raw.sqlite3_commit_hook(((SqliteTransaction)transaction).Connection!.Handle, null, null);
            }
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        var failed = await Failed.Reader.ReadAsync().Within();
        await AdvanceUntilAsync(failed.RetryAfter, ConfirmedAsync(server, 1));
        Assert.Equal(["1"], NotesOnDisk());
    }

    [Fact]
    public async Task A_full_disk_fails_the_send_alone_and_keeps_the_message_at_the_head()
    {
        var full = true;
        HexagramClient client = null!;
        client = await ReceivingClientAsync(async (message, transaction, cancellationToken) =>
        {
            await Execute(transaction, full ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000");
            await Note(message, transaction, cancellationToken);
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, new string('x', 100_000)));
        var failed = await Failed.Reader.ReadAsync().Within();

        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => client.SendAsync("bob", new string('y', 200_000)).Within());
        Assert.Contains("the disk is full", fault.Message, StringComparison.Ordinal);
        Assert.Empty(client.ListOutbox());

        full = false;
        await AdvanceUntilAsync(failed.RetryAfter, ConfirmedAsync(server, 1));
        await client.SendAsync("bob", "there is room again").Within();
        Assert.Equal("there is room again", (await server.ReadAsync<MessageRequest>()).Body.Text);
    }

    [Fact]
    public async Task A_store_in_memory_has_no_transactions()
    {
        var client = await OpenAsync(ClientStore.InMemory());
        Assert.Throws<InvalidOperationException>(() => client.OnMessageInTransaction((_, _, _) => Task.CompletedTask));
    }
}

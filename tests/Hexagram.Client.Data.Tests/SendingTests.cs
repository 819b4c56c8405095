using System.Data.Common;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Data.Tests.Real;
using Hexagram.Client.Tests.Scripted;

namespace Hexagram.Client.Data.Tests;

/// <summary>Messages in the application's transactions: sent if and only if they are committed, and in which order.</summary>
public sealed class SendingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_is_sent_when_its_transaction_is_committed_and_not_before(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "last");
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", database.Store()));
        await using var connection = await database.DataSource.OpenConnectionAsync();
        EnqueuedMessage message;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            message = await client.SendAsync("bob", "in a transaction", transaction).Within();
            Assert.False(message.Sent.IsCompleted);
            Assert.Empty(client.ListOutbox());
            await transaction.CommitAsync();
        }

        var sent = await message.Sent.Within();
        await sent.Delivered.Within();
        await client.SendAsync("bob", "last").Within();
        await last.Within();
        Assert.Equal(["in a transaction", "last"], server.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_whose_transaction_or_savepoint_is_rolled_back_is_never_sent_and_its_sender_hears_of_it(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "last");
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", database.Store()));
        await using var connection = await database.DataSource.OpenConnectionAsync();
        EnqueuedMessage undone, never;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            undone = await client.SendAsync("bob", "undone", transaction);
            await transaction.RollbackAsync();
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await client.SendAsync("bob", "before", transaction);
            await transaction.SaveAsync("here");
            never = await client.SendAsync("bob", "never", transaction);
            await transaction.RollbackAsync("here");
            await client.SendAsync("bob", "last", transaction);
            await transaction.CommitAsync();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => undone.Sent.Within());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never.Sent.Within());
        await last.Within();
        Assert.Equal(["before", "last"], server.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_another_process_enqueues_is_sent_by_the_client_that_opens_the_store(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "3");
        var store = database.Store();
        var outbox = new HexagramOutbox(database.Dialect, "app");
        await Assert.ThrowsAnyAsync<DbException>(() => EnqueueAsync(database, outbox, "no tables"));
        await store.PrepareAsync().Within();
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => EnqueueAsync(database, new HexagramOutbox(database.Dialect, "other"), "no store"));
        Assert.Contains("no store 'other'", fault.Message, StringComparison.Ordinal);
        await EnqueueAsync(database, outbox, "1", "2");
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", store));
        await EnqueueAsync(database, outbox, "3");
        await last.Within();
        Assert.Equal(["1", "2", "3"], server.Received);
    }

    /// <summary>The number of a row says when it was written, not when it was committed.</summary>
    [Fact]
    public async Task A_message_that_is_committed_late_is_not_passed_over_and_moves_nothing_that_was_sent()
    {
        using var database = await TestDatabase.PostgreSqlAsync();
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "last");
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", database.Store()));
        await using var first = await database.DataSource.OpenConnectionAsync();
        await using var early = await first.BeginTransactionAsync();
        var late = await client.SendAsync("bob", "written first, committed last", early);
        await using (var second = await database.DataSource.OpenConnectionAsync())
        await using (var transaction = await second.BeginTransactionAsync())
        {
            var message = await client.SendAsync("bob", "written last, committed first", transaction);
            await transaction.CommitAsync();
            await (await message.Sent.Within()).Delivered.Within();
        }

        Assert.False(late.Sent.IsCompleted);
        await early.CommitAsync();
        await (await late.Sent.Within()).Delivered.Within();
        await client.SendAsync("bob", "last");
        await last.Within();
        Assert.Equal(["written last, committed first", "written first, committed last", "last"], server.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_full_outbox_leaves_what_is_committed_where_it_is_until_there_is_room(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "50");
        await using var client = await HexagramClient.OpenAsync(server.Options("alice", database.Store()) with { Outbox = new OutboxLimits { WaitingMax = 3 } });
        await EnqueueAsync(database, new HexagramOutbox(database.Dialect, "app"), [.. Enumerable.Range(1, 50).Select(n => $"{n}")]);
        await last.Within();
        Assert.Equal(Enumerable.Range(1, 50).Select(n => $"{n}"), server.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_stores_in_one_database_know_nothing_of_each_other(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await using var server = await RealServer.StartAsync();
        var last = await server.ReceiveAsync(text => text == "from carol");
        await using var alice = await HexagramClient.OpenAsync(server.Options("alice", database.Store("alice")));
        await using var carol = await HexagramClient.OpenAsync(server.Options("carol", database.Store("carol")));
        Assert.NotEqual(alice.Device, carol.Device);
        await EnqueueAsync(database, new HexagramOutbox(database.Dialect, "carol"), "from carol");
        await last.Within();
        Assert.Empty(alice.ListOutbox());
        Assert.Equal(["from carol"], server.Received);
    }

    [Fact]
    public async Task A_client_with_another_store_says_that_it_cannot_send_in_a_transaction()
    {
        using var database = TestDatabase.Sqlite();
        await using var server = await RealServer.StartAsync();
        await using var client = await server.OpenAsync("alice");
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.SendAsync("bob", "no", transaction));
    }

    internal static async Task EnqueueAsync(TestDatabase database, HexagramOutbox outbox, params string[] texts)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var text in texts)
        {
            await outbox.EnqueueAsync(transaction, "bob", text);
        }

        await transaction.CommitAsync();
    }
}

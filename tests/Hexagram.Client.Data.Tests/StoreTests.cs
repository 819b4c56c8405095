using Hexagram.Client.Data.Stores;
using Hexagram.Client.Data.Tests.Databases;
using Hexagram.Client.Stores;
using Hexagram.Client.Tests.Scripted;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Data.Tests;

/// <summary>The store: who may open it, what is said when it cannot be used, and what happens when the database goes away.</summary>
public sealed class StoreTests : ClientFixture
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_is_used_by_one_client_at_a_time(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        var client = await OpenAsync(database.Store());
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(database.Store()));
        Assert.Contains("'app'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another client", fault.Message, StringComparison.Ordinal);
        await client.DisposeAsync().AsTask().Within();
        Assert.Equal(client.Device, (await OpenAsync(database.Store())).Device);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_waits_in_the_outbox_is_sent_by_the_next_client(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        var client = await OpenAsync(Options with { Store = database.Store(), Server = new("tcp://127.0.0.1:1") });
        await client.SendAsync("bob", "1").Within();
        await client.SendAsync("bob", "2").Within();
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync(database.Store());
        Assert.Equal(2, client.ListOutbox().Count);
        Assert.Equal("1", (await client.ReadBodyAsync(client.ListOutbox()[0]).Within())!.Value.Text);
        var server = await Server.WelcomeAsync();
        Assert.Equal("1", (await server.ReadAsync<MessageRequest>()).Body.Text);
        Assert.Equal("2", (await server.ReadAsync<MessageRequest>()).Body.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_set_aside_can_be_listed_and_removed_after_a_restart(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        var client = await OpenAsync(database.Store());
        client.OnMessage((message, _) => throw new SetAsideException($"a reason with a zero: \0{message.Text}"));
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"), Notify(2, "2"));
        await ConfirmedAsync(server, 2);
        await client.DisposeAsync().AsTask().Within();

        client = await OpenAsync(database.Store());
        var aside = await client.ListSetAsideAsync().Within();
        Assert.Equal(["1", "2"], aside.Select(one => one.Message.Text));
        Assert.True(await client.RemoveSetAsideAsync(aside[0]).Within());
        Assert.False(await client.RemoveSetAsideAsync(aside[0]).Within());
        Assert.Single(await client.ListSetAsideAsync().Within());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Seen_marks_are_forgotten_beyond_their_bound_and_never_all_at_once(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        var client = await OpenAsync(Options with { Store = database.Store(), SeenMax = 100 });
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        for (var first = 1; first <= 600; first += 200)
        {
            await server.SendAsync([.. Enumerable.Range(first, 200).Select(n => Notify(n, $"{n}"))]);
            await ConfirmedAsync(server, first + 199);
        }

        await client.DisposeAsync().AsTask().Within();
        Assert.InRange(Assert.IsType<long>(database.Scalar("SELECT count(*) FROM hexagram_seen")), 100, 230);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_belongs_to_one_device_and_tables_of_a_newer_version_are_not_used(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        await (await OpenAsync(Options with { Store = database.Store(), Device = new DeviceId("phone") })).DisposeAsync().AsTask().Within();
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(Options with { Store = database.Store(), Device = new DeviceId("tablet") }));
        Assert.Contains("belongs to the device phone, not to tablet", fault.Message, StringComparison.Ordinal);

        database.Execute("UPDATE hexagram_schema SET version = 2");
        fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(database.Store()));
        Assert.Contains("of version 2", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The tables of version 1. They are in people's databases: a change needs another version and a way from one to the other.</summary>
    [Fact]
    public void The_tables_of_version_1_are_frozen()
    {
        Assert.Equal(1, DatabaseSchema.Version);
        var tables = DatabaseSchema.Tables(SqlDialect.PostgreSql) + DatabaseSchema.Tables(SqlDialect.Sqlite);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tables)));
        Assert.Equal("61eab44a9e111931fe7b2cdc4dac7607b4802f0d0029a0b7d53a6c86b93ca4eb", hash);
    }

    [Fact]
    public async Task A_database_that_would_not_be_durable_is_refused()
    {
        var memory = new DatabaseClientStore(SqliteFactory.Instance.CreateDataSource("Data Source=:memory:"), SqlDialect.Sqlite, "app");
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(memory));
        Assert.Contains("WAL", fault.Message, StringComparison.Ordinal);

        await using var server = await PostgreSqlServer.StartNewAsync();
        using var administrator = TestDatabase.PostgreSql(server);
        administrator.Execute("ALTER DATABASE postgres SET synchronous_commit = off");
        using var database = TestDatabase.PostgreSql(server);
        var client = await OpenAsync(database.Store());
        var setting = new TaskCompletionSource<object?>();
        client.OnMessageInTransaction(async (_, transaction, cancellationToken) =>
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.CommandText = "SHOW synchronous_commit";
            setting.SetResult(await command.ExecuteScalarAsync(cancellationToken));
        });
        await (await ReceivingAsync()).SendAsync(Notify(1, "1"));
        Assert.Equal("on", await setting.Task.Within());
        await client.DisposeAsync().AsTask().Within();

        administrator.Execute("ALTER SYSTEM SET fsync = off");
        await server.CrashAsync();
        await server.StartAsync();
        fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(database.Store()));
        Assert.Contains("fsync is off", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_session_the_database_has_ended_goes_on_with_another()
    {
        using var database = await TestDatabase.PostgreSqlAsync();
        var client = await OpenAsync(database.Store());
        await client.SendAsync("bob", "1").Within();
        EndSessions(database);

        // It may have noticed before it is asked to write; what it says of a message is true in both cases.
        var fault = await Record.ExceptionAsync(() => client.SendAsync("bob", "2").Within());
        await client.SendAsync("bob", "3").Within();
        Assert.Equal(fault is null ? 3L : 2L, database.Scalar("SELECT count(*) FROM hexagram_outbox"));
    }

    [Fact]
    public async Task A_client_that_has_lost_its_store_to_another_stops_and_writes_nothing_more()
    {
        using var database = await TestDatabase.PostgreSqlAsync();
        var former = await OpenAsync(database.Store());
        await Server.WelcomeAsync();
        await former.WhenAsync<ConnectionState.Connected>();
        database.Execute("UPDATE hexagram_client SET owner = 1");
        EndSessions(database);
        // The first may be told that the session has gone; the second finds whose the store is.
        await Assert.ThrowsAsync<ClientStoreException>(() => former.SendAsync("bob", "1").Within());
        await Assert.ThrowsAsync<ClientStoreException>(() => former.SendAsync("bob", "2").Within());
        var stopped = await former.WhenAsync<ConnectionState.Stopped>();
        Assert.Equal(StopCause.Defect, stopped.Cause);
        Assert.Contains("opened by another client", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal(0L, database.Scalar("SELECT count(*) FROM hexagram_outbox"));
        var next = await OpenAsync(database.Store());
        await next.SendAsync("bob", "3").Within();
    }

    [Fact]
    public async Task A_client_that_loses_its_store_while_it_waits_for_a_token_stops_at_once()
    {
        using var database = await TestDatabase.PostgreSqlAsync();
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource<string>();
        var client = await OpenAsync(Options with
        {
            Store = database.Store(),
            Token = null,
            TokenProvider = async cancellationToken =>
            {
                asked.TrySetResult();
                return await never.Task.WaitAsync(cancellationToken);
            },
        });
        await asked.Task.Within();
        database.Execute("UPDATE hexagram_client SET owner = 1");
        EndSessions(database);
        await Assert.ThrowsAsync<ClientStoreException>(() => client.SendAsync("bob", "1").Within());
        await Assert.ThrowsAsync<ClientStoreException>(() => client.SendAsync("bob", "2").Within());

        var stopped = await client.WhenAsync<ConnectionState.Stopped>();

        Assert.Equal(StopCause.Defect, stopped.Cause);
        Assert.Contains("opened by another client", stopped.Reason, StringComparison.Ordinal);
    }

    /// <summary>It would be sent before it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_found_after_a_message_that_could_not_be_taken_is_not_taken_either(bool postgreSql)
    {
        using var database = await TestDatabase.OfAsync(postgreSql);
        var sessions = new SessionSource(database.DataSource, database.Dialect, "app", TimeSpan.FromSeconds(1));
        sessions.Open();
        await using var writer = new DatabaseWriter(sessions);
        writer.Start();
        var round = new TakingRound();
        Assert.NotNull(await WriteAsync(new Change([new Statement("INSERT INTO nowhere VALUES (1)")], round)));
        Assert.NotNull(await WriteAsync(new Change([DatabaseStatements.SetUser("app", new UserId("alice"))], round)));
        Assert.Null(await WriteAsync(new Change([DatabaseStatements.SetUser("app", new UserId("bob"))], new TakingRound())));
        Assert.Equal("bob", database.Scalar("SELECT user_id FROM hexagram_client"));

        Task<ClientStoreException?> WriteAsync(Change change)
        {
            var done = new TaskCompletionSource<ClientStoreException?>();
            writer.Write(change, done.SetResult);
            return done.Task.Within();
        }
    }

    /// <summary>Ends the sessions of the clients, as a restart of the database would.</summary>
    private static void EndSessions(TestDatabase database)
    {
        using var connection = database.DataSource.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            + " WHERE locktype = 'advisory' AND application_name = current_setting('application_name')";
        command.ExecuteScalar();
    }
}

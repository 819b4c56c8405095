using Hexagram.Client.Stores;
using Hexagram.Client.Tests.Scripted;
using Microsoft.Data.Sqlite;

namespace Hexagram.Client.Tests;

/// <summary>The folder: who may use it, and what is said when it cannot be used.</summary>
public sealed class StoreTests : ClientFixture
{
    private string DatabaseFile => Path.Combine(FolderPath, SqliteClientStore.FileName);

    [Fact]
    public async Task A_folder_is_used_by_one_client_at_a_time()
    {
        var client = await OpenAsync();
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync());
        Assert.Contains(FolderPath, fault.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another client", fault.Message, StringComparison.Ordinal);
        await client.DisposeAsync().AsTask().Within();
        await OpenAsync();
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_told_apart()
    {
        await File.WriteAllTextAsync(DatabaseFile, new string('?', 10_000));
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync());
        Assert.Contains("damaged or not a client store", fault.Message, StringComparison.Ordinal);
        Assert.Contains(DatabaseFile, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_page_is_found_when_the_store_is_opened()
    {
        Server.StopListening();
        var client = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(n => client.SendAsync("bob", $"{n}"))).Within();
        await client.DisposeAsync().AsTask().Within();

        var bytes = await File.ReadAllBytesAsync(DatabaseFile);
        for (var at = 3 * 4_096; at < bytes.Length; at++)
        {
            bytes[at] ^= 0x5A;
        }

        await File.WriteAllBytesAsync(DatabaseFile, bytes);
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync());
        Assert.Contains("damaged", fault.Message, StringComparison.Ordinal);

        // The folder is free again for whoever repairs it.
        File.Delete(DatabaseFile);
        await OpenAsync();
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_not_opened()
    {
        await (await OpenAsync()).DisposeAsync().AsTask().Within();
        Execute("UPDATE hexagram_client SET value = 2 WHERE key = 'version'");
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync());
        Assert.Contains("is of version 2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_belongs_to_one_device()
    {
        await (await OpenAsync(Options with { Device = new DeviceId("phone") })).DisposeAsync().AsTask().Within();
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(Options with { Device = new DeviceId("tablet") }));
        Assert.Contains("belongs to the device phone, not to tablet", fault.Message, StringComparison.Ordinal);
        Assert.Equal("phone", (await OpenAsync()).Device.Value);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told_apart()
    {
        var file = Path.Combine(FolderPath, "file");
        await File.WriteAllTextAsync(file, "");
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => OpenAsync(ClientStore.Sqlite(Path.Combine(file, "folder"))));
        Assert.Contains("cannot be made", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_in_wal_mode_and_every_commit_is_synced()
    {
        var client = await OpenAsync();
        var settings = new TaskCompletionSource<(object?, object?)>();
        client.OnMessageInTransaction((_, transaction, _) =>
        {
            using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "PRAGMA journal_mode";
            var mode = command.ExecuteScalar();
            command.CommandText = "PRAGMA synchronous";
            settings.SetResult((mode, command.ExecuteScalar()));
            return Task.CompletedTask;
        });
        var server = await ReceivingAsync();
        await server.SendAsync(Notify(1, "1"));
        Assert.Equal(("wal", 2L), await settings.Task.Within());
    }

    /// <summary>The tables of version 1. They are on people's disks: a change needs another version and a way from one to the other.</summary>
    [Fact]
    public void The_tables_of_version_1_are_frozen()
    {
        Assert.Equal(1, SqliteSchema.Version);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(SqliteSchema.Tables)));
        Assert.Equal("c72beb8716d2331f08646abf155afa5e023784d92034d6b6f1e98abcd2a87bf1", hash);
    }

    [Fact]
    public async Task Seen_marks_are_forgotten_beyond_their_bound_and_never_all_at_once()
    {
        var client = await OpenAsync(Options with { SeenMax = 100 });
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        for (var first = 1; first <= 600; first += 200)
        {
            await server.SendAsync([.. Enumerable.Range(first, 200).Select(n => Notify(n, $"{n}"))]);
            await ConfirmedAsync(server, first + 199);
        }

        await client.DisposeAsync().AsTask().Within();
        Assert.InRange(Count("SELECT count(*) FROM hexagram_seen"), 100, 230);
    }

    [Fact]
    public async Task Seen_marks_older_than_the_horizon_are_forgotten()
    {
        var client = await OpenAsync();
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        await server.SendAsync([.. Enumerable.Range(1, 100).Select(n => Notify(n, $"{n}"))]);
        await ConfirmedAsync(server, 100);
        server.Close();
        Time.Advance(TimeSpan.FromDays(31));
        server = await ReconnectedAsync(client, change: w => w with { ServerTime = w.ServerTime.AddDays(31) });
        await server.SendAsync([.. Enumerable.Range(101, 100).Select(n => Notify(n, $"{n}"))]);
        await ConfirmedAsync(server, 200);
        await client.DisposeAsync().AsTask().Within();
        Assert.InRange(Count("SELECT count(*) FROM hexagram_seen"), 100, 110);
    }

    [Fact]
    public async Task A_store_in_memory_begins_anew_each_time()
    {
        var client = await OpenAsync(ClientStore.InMemory());
        client.OnMessage((_, _) => Task.CompletedTask);
        var server = await ReceivingAsync();
        var sent = await client.SendAsync("bob", "hello").Within();
        await server.SendAsync(Notify(1, "1"));
        var request = await server.ReadAsync<MessageRequest>();
        await server.SendAsync(Accept(request), Report(MessageState.Delivered, request));
        await sent.Delivered.Within();
        await ConfirmedAsync(server, 1);
        await client.DisposeAsync().AsTask().Within();

        var another = await OpenAsync(ClientStore.InMemory());
        Assert.NotEqual(client.Device, another.Device);
        Assert.Equal("phone", (await OpenAsync(Options with { Store = ClientStore.InMemory(), Device = new DeviceId("phone") })).Device.Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_error_in_a_handlers_transaction_stops_the_store(bool atTheEnd)
    {
        using var connection = Open();
        using var statements = new SqliteStatements(connection);
        var writer = new SqliteWriter(connection, statements, DatabaseFile);
        writer.Start();
        Action fail = () => throw new SqliteException("the disk", SQLitePCL.raw.SQLITE_IOERR);
        await Assert.ThrowsAsync<ClientStoreException>(async () =>
        {
            var transaction = await writer.BeginTransactionAsync(atTheEnd ? () => { } : fail, () => throw new SqliteException("the disk", SQLitePCL.raw.SQLITE_IOERR)).Within();
            await transaction.Transaction.CommitAsync();
            await transaction.CommitAsync().Within();
        });
        var fault = await Assert.ThrowsAsync<ClientStoreException>(() => writer.RunAsync(() => 1).Within());
        Assert.Contains("the disk reports an error", fault.Message, StringComparison.Ordinal);
        await writer.StopAsync().Within();
    }

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long Count(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False");
        connection.Open();
        return connection;
    }
}

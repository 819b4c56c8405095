using Hexagram.Storage.Postgres.Restoring;
using Npgsql;

namespace Hexagram.Storage.Postgres.Tests.Restoring;

/// <summary>A database comes back from an older dump: no server works with it before it has a new epoch, and then clients see that something may be missing.</summary>
public sealed class RestoreTests : StoreTest
{
    [Fact]
    public async Task Restored_dump_is_served_only_after_its_new_epoch_and_goes_back_to_where_both_histories_agree()
    {
        var server = await SharedServer.StartedAsync();
        var options = Options(server.NewDatabase());
        Epoch epoch;
        string dump;
        await using (var store = await OpenAsync(options))
        {
            epoch = store.Epoch;
            await AppendAsync(store, 3);
            await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            dump = await server.DumpAsync(options.ConnectionString);
            await AppendAsync(store, 2);
        }

        options = options with { ConnectionString = await server.RestoreAsync(dump) };
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(options));
        Assert.Contains("hexagram restore --postgres", refusal.Message, StringComparison.Ordinal);

        var restored = await RestoredStore.FinishAsync(options, TimeProvider.System);

        Assert.Equal((epoch, 1L, 3L), (restored.Before, restored.Mailboxes, restored.Entries));
        Assert.NotEqual(epoch, restored.Epoch);
        await using var again = await OpenAsync(options);
        Assert.Equal(restored.Epoch, again.Epoch);
        await AppendAsync(again, 2);

        // The phone had all five of the old history: of the new one, numbers 4 and 5 are other messages.
        var opening = await again.OpenDeviceAsync(new DeviceHello(Bob, Phone, epoch, new Sequence(5), StreamStart.Oldest));
        Assert.Equal(3, opening.ResumeAfter.Value);
        Assert.Empty((await again.ConfirmAsync(Bob, Phone, epoch, new Sequence(5))).NewlyDelivered);
    }

    [Fact]
    public async Task Copy_of_a_database_is_found_out_as_well()
    {
        var server = await SharedServer.StartedAsync();
        var options = Options(server.NewDatabase());
        await (await OpenAsync(options)).DisposeAsync();
        await ReportedAsync(options);
        await using (var ofThisTest = new NpgsqlConnection(options.ConnectionString))
        {
            NpgsqlConnection.ClearPool(ofThisTest);
        }

        var words = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        await AskAsync(server.ConnectionString(), $"CREATE DATABASE copy_of_it TEMPLATE {words.Database}");

        words.Database = "copy_of_it";
        await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(options with { ConnectionString = words.ToString() }));
        await (await OpenAsync(options)).DisposeAsync();
    }

    [Fact]
    public async Task Restore_is_not_finished_while_servers_work_with_the_database_and_changes_nothing_then()
    {
        var options = Options((await SharedServer.StartedAsync()).NewDatabase());
        Epoch epoch;
        await using (var store = await OpenAsync(options))
        {
            epoch = store.Epoch;

            var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => RestoredStore.FinishAsync(options, TimeProvider.System));

            Assert.Contains("servers work with it", refusal.Message, StringComparison.Ordinal);
        }

        await ReportedAsync(options);
        Assert.Equal(epoch, (await RestoredStore.FinishAsync(options, TimeProvider.System)).Before);
    }

    [Fact]
    public async Task Database_without_a_store_is_left_as_it_is()
    {
        var options = Options((await SharedServer.StartedAsync()).NewDatabase());

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => RestoredStore.FinishAsync(options, TimeProvider.System));

        Assert.Contains("no mailbox store", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await AskAsync(options.ConnectionString, $"SELECT count(*) FROM pg_namespace WHERE nspname = '{options.Schema}'"));
    }

    private static async Task AppendAsync(PostgresMailboxStore store, int count)
    {
        for (var n = 0; n < count; n++)
        {
            Assert.Equal(AppendOutcome.New, (await store.AppendAsync(Message(Alice, Bob))).Outcome);
        }
    }
}

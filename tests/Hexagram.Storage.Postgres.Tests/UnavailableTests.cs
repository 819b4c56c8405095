using Npgsql;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>The database crashes, loses connections, takes no writes, is full, or is replaced by its standby: a matter of the moment, and nothing lied about.</summary>
public sealed class UnavailableTests : StoreTest
{
    private const int Senders = 4;

    [Fact]
    public async Task Crashes_of_the_database_in_the_middle_of_traffic_lose_and_double_nothing()
    {
        await using var server = await PostgreSqlServer.StartNewAsync();
        await using var store = await OpenAsync(Options(server.ConnectionString()));

        var sent = await SendMeanwhileAsync(store, async arrived =>
        {
            for (var crash = 0; crash < 2; crash++)
            {
                await arrived(50);
                await server.CrashAsync();
                await server.StartAsync();
            }
        });

        AssertHoldsEachOnceAndInOrder(await ReadAllAsync(store, Bob), sent);
        Measured.Report($"PostgreSQL crashed twice under {sent.Sum(ids => ids.Count)} messages, none lost, doubled or out of order");
    }

    [Fact]
    public async Task Connections_that_are_ended_in_the_middle_of_batches_lose_and_double_nothing()
    {
        var server = await SharedServer.StartedAsync();
        var options = Options(new NpgsqlConnectionStringBuilder(server.ConnectionString()) { ApplicationName = "to-be-ended" }.ToString());
        await using var store = await OpenAsync(options);
        var ended = 0L;

        var sent = await SendMeanwhileAsync(store, async arrived =>
        {
            for (var round = 0; round < 40; round++)
            {
                await arrived(10);
                ended += (long)(await AskAsync(
                    server.ConnectionString(),
                    "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'to-be-ended' AND state <> 'idle'"))!;
            }
        });

        Assert.True(ended > 0, "No batch was under way when connections were ended.");
        AssertHoldsEachOnceAndInOrder(await ReadAllAsync(store, Bob), sent);
    }

    [Fact]
    public async Task What_a_session_sends_after_a_failure_does_not_overtake_what_failed()
    {
        var fails = false;
        var seams = new StoreSeams { BeforeWriting = () => Volatile.Read(ref fails) ? throw new IOException("The connection was lost.") : Task.CompletedTask };
        await using var store = await PostgresMailboxStore.OpenAsync(Options((await SharedServer.StartedAsync()).ConnectionString()), TimeProvider.System, seams);
        var lane = new AppendLane();
        var first = Message(Alice, Bob, "first", lane);
        Volatile.Write(ref fails, true);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(first));
        Volatile.Write(ref fails, false);
        await store.Recovered.WaitAsync(Patience);

        Assert.Equal(AppendResult.RetryLater(ErrorCode.Resynchronize), await store.AppendAsync(Message(Alice, Bob, "second", lane)));
        Assert.Equal(1, (await store.AppendAsync(first)).Sequence.Value);
        Assert.Equal(2, (await store.AppendAsync(Message(Alice, Bob, "second", lane))).Sequence.Value);
    }

    [Fact]
    public async Task Database_that_takes_no_writes_is_told_and_goes_on_when_it_does_again()
    {
        var server = await SharedServer.StartedAsync();
        var connectionString = server.NewDatabase();
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var store = await OpenAsync(Options(connectionString));
        var before = Message(Alice, Bob);
        await store.AppendAsync(before);

        await SetReadOnlyAsync("on");

        // Connections that were there before may still write.
        await AskAsync(server.ConnectionString(), $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{database}'");
        var message = Message(Alice, Bob);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(message));
        Assert.NotNull(store.Fault);
        Assert.Single(await ReadAllAsync(store, Bob));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(1)));

        await SetReadOnlyAsync("off");
        await store.Recovered.WaitAsync(Patience);
        Assert.Null(store.Fault);
        Assert.Equal(2, (await store.AppendAsync(message)).Sequence.Value);

        Task SetReadOnlyAsync(string value) => AskAsync(server.ConnectionString(), $"ALTER DATABASE {database} SET default_transaction_read_only = {value}");
    }

    [Fact]
    public async Task What_is_accepted_survives_a_crash_of_a_database_that_was_told_not_to_wait_for_its_disk()
    {
        // Then the log is written every ten seconds, and what came since is lost.
        await using var server = await PostgreSqlServer.StartNewAsync("synchronous_commit=off", "wal_writer_delay=10s");
        var options = Options(server.ConnectionString());
        await using (var store = await OpenAsync(options))
        {
            await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            Assert.Equal(AppendOutcome.New, (await store.AppendAsync(Message(Alice, Bob))).Outcome);
            await server.CrashAsync();
        }

        await server.StartAsync();
        await using var again = await OpenAsync(options);
        Assert.Single(await ReadAllAsync(again, Bob));
    }

    [Fact]
    public async Task Database_that_is_away_is_noticed_by_who_only_reads()
    {
        await using var server = await PostgreSqlServer.StartNewAsync();
        await using var store = await OpenAsync(Options(server.ConnectionString()));
        await ReadAllAsync(store, Bob);

        await server.CrashAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ReadAllAsync(store, Bob));
        Assert.NotNull(store.Fault);

        await server.StartAsync();
        await store.Recovered.WaitAsync(Patience);
        Assert.Null(store.Fault);
        await ReadAllAsync(store, Bob);
    }

    [Fact]
    public async Task Full_disk_asks_to_retry_later_and_lets_everything_else_go_on()
    {
        await using var disk = await SmallDisk.MountAsync("40m");
        await using var server = await PostgreSqlServer.StartNewAsync();
        await PostgreSqlServer.OwnAsync(disk.Path);
        await AskAsync(server.ConnectionString(), $"CREATE TABLESPACE small LOCATION '{disk.Path}'");
        await AskAsync(server.ConnectionString(), "CREATE DATABASE small TABLESPACE small");
        await using var store = await OpenAsync(Options(server.ConnectionString("small")));
        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        var content = new byte[1 << 20];
        new Random(1).NextBytes(content);
        var accepted = new List<AppendItem>();
        AppendResult result;
        AppendItem item;
        do
        {
            item = Message(Alice, Bob) with { Body = Body.FromBytes(content, "application/octet-stream") };
            result = await store.AppendAsync(item);
            accepted.Add(item);
        }
        while (result.Outcome == AppendOutcome.New && accepted.Count < 60);

        Assert.Equal(AppendResult.RetryLater(ErrorCode.DiskReserve), result);
        Assert.Null(store.Fault);
        Assert.Equal(AppendOutcome.Duplicate, (await store.AppendAsync(accepted[0] with { Lane = new AppendLane() })).Outcome);
        Assert.Equal(accepted.Count - 1, (await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(accepted.Count - 1))).NewlyDelivered.Count);

        await disk.ResizeAsync("200m");
        while ((result = await store.AppendAsync(item)).Code == ErrorCode.DiskReserve)
        {
            // For a second it goes by what the disk said last.
            await Task.Yield();
        }

        Assert.Equal(accepted.Count, result.Sequence.Value);
    }

    [Fact]
    public async Task Standby_that_is_promoted_has_everything_that_was_accepted()
    {
        await using var primary = await PostgreSqlServer.StartNewAsync("synchronous_standby_names=*");
        await using var standby = await primary.StartStandbyAsync();
        await using var store = await OpenAsync(Options(standby.WithFirst(primary)));

        var sent = await SendMeanwhileAsync(store, async arrived =>
        {
            await arrived(200);
            await primary.CrashAsync();
            await AskAsync(standby.ConnectionString(), "SELECT pg_promote()");
        });

        AssertHoldsEachOnceAndInOrder(await ReadAllAsync(store, Bob), sent);
        Measured.Report($"a standby of PostgreSQL took over under {sent.Sum(ids => ids.Count)} messages, none lost, doubled or out of order");
    }

    /// <summary>Senders write to Bob, each one message after the other and again until it is accepted, for as long as something else goes on.</summary>
    private static async Task<IReadOnlyList<IReadOnlyList<MessageId>>> SendMeanwhileAsync(PostgresMailboxStore store, Func<Func<int, Task>, Task> disturb)
    {
        using var arrived = new SemaphoreSlim(0);
        var stop = false;
        var sending = Enumerable.Range(0, Senders).Select(n => Task.Run(async () =>
        {
            var sent = new List<MessageId>();
            while (!Volatile.Read(ref stop))
            {
                var item = Message(new UserId($"sender-{n}"), Bob, $"{sent.Count}");
                sent.Add(item.Id);
                var result = await InsistAsync(store, item);
                Assert.Contains(result.Outcome, new[] { AppendOutcome.New, AppendOutcome.Duplicate });
                arrived.Release();
            }

            return sent;
        })).ToList();
        await disturb(async count =>
        {
            for (var n = 0; n < count; n++)
            {
                await Task.WhenAny(arrived.WaitAsync(Patience), Task.WhenAny(sending).Unwrap()).Unwrap();
            }
        });

        // And on, after the last disturbance.
        await arrived.WaitAsync(Patience);
        Volatile.Write(ref stop, true);
        return await Task.WhenAll(sending);
    }
}

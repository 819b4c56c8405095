using Hexagram.Storage.Postgres.Reading;
using Npgsql;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>Everything finds its rows by a key, however large the tables are, and also when they have grown since the plans were made.</summary>
public sealed class PlanTests : StoreTest
{
    private const int Mailboxes = 2_000;
    private const int EntriesEach = 20;

    [Fact]
    public async Task No_statement_of_the_store_walks_over_a_large_table()
    {
        var options = Options((await SharedServer.StartedAsync()).NewDatabase());
        await using (var store = await OpenAsync(options))
        {
            // Once on empty tables, so that connections have their plans before there is much; then as usual.
            await UseAsync(store, "early");
            await FillAsync(options);
            await UseAsync(store, "user-77");
        }

        await ReportedAsync(options);
        Assert.Equal(0, await WalksAsync(options));
    }

    [Theory]
    [InlineData(Questions.Page, "text bigint integer integer")]
    [InlineData(Questions.Statuses, "text text uuid[]")]
    [InlineData(Questions.Positions, "text[]")]
    [InlineData(Questions.Devices, "text")]
    [InlineData(Questions.Forgettable, "text bigint bigint")]
    public async Task Question_is_answered_by_keys(string question, string types)
    {
        var options = Options((await SharedServer.StartedAsync()).ConnectionString());
        await (await OpenAsync(options)).DisposeAsync();
        await FillAsync(options);
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, $"SET search_path = {options.Schema}; SET plan_cache_mode = force_generic_plan");
        await ExecuteAsync(connection, $"PREPARE question ({types.Replace(' ', ',')}) AS {question}");
        var arguments = string.Join(',', types.Split(' ').Select(type => type switch
        {
            "text" => "'user-77'",
            "text[]" => "ARRAY['user-77','user-78']",
            "uuid[]" => "ARRAY[gen_random_uuid()]",
            _ => "100",
        }));
        await using var command = new NpgsqlCommand($"EXPLAIN EXECUTE question ({arguments})", connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var plan = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            plan.Add(reader.GetString(0));
        }

        Assert.Contains(plan, line => line.Contains("Index", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal));
    }

    private static async Task UseAsync(PostgresMailboxStore store, string name)
    {
        var user = new UserId(name);
        await store.OpenDeviceAsync(new DeviceHello(user, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        for (var n = 0; n < 10; n++)
        {
            // Often enough that PostgreSQL has settled for a plan.
            var item = Message(Alice, user);
            var result = await store.AppendAsync(item);
            await store.AppendAsync(item);
            await store.AppendAsync(Message(Alice, new UserId($"{name}-new-{n}")));
            await store.ConfirmAsync(user, Phone, store.Epoch, new Sequence(result.Sequence.Value - 1));
            await store.OpenDeviceAsync(new DeviceHello(user, Phone, store.Epoch, result.Sequence, StreamStart.Oldest));
            await store.ReadAsync(user, Sequence.None, 100, 1 << 20, Token);
            await store.StatusAsync(user, Alice, [item.Id], Token);
            await store.PositionsAsync([user, Alice], Token);
            await store.DevicesAsync(user, Token);
        }
    }

    private static async Task FillAsync(PostgresStoreOptions options)
    {
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(Token);
        await ExecuteAsync(connection, $"""
            SET search_path = {options.Schema};
            INSERT INTO mailboxes (user_id, last, unconfirmed) SELECT 'user-' || m, {EntriesEach}, {EntriesEach} FROM generate_series(1, {Mailboxes}) AS m;
            INSERT INTO devices (user_id, device, start, cursor, seen_at) SELECT 'user-' || m, 'phone', 0, 0, 0 FROM generate_series(1, {Mailboxes}) AS m;
            INSERT INTO entries (user_id, sequence, sender, id, fingerprint, accepted_at, content)
            SELECT 'user-' || m, e, 'sender-' || e % 7, overlay(gen_random_uuid()::text PLACING '7' FROM 15 FOR 1)::uuid, gen_random_uuid(), 0, 'hello' FROM generate_series(1, {Mailboxes}) AS m, generate_series(1, {EntriesEach}) AS e;
            ANALYZE mailboxes, devices, entries
            """);
    }

    /// <summary>Whole walks over the large tables until now, but for one that each index took when it was made.</summary>
    private static async Task<long> WalksAsync(PostgresStoreOptions options) => (long)(await AskAsync(
        options.ConnectionString,
        $"""
        SELECT (SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables WHERE schemaname = '{options.Schema}' AND relname IN ('mailboxes', 'devices', 'entries'))
            - (SELECT count(*) FROM pg_indexes WHERE schemaname = '{options.Schema}' AND tablename IN ('mailboxes', 'devices', 'entries'))
        """))!;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}

using Npgsql;

namespace Hexagram.Storage.Postgres.Tests;

/// <summary>A few words to write tests in that are about more than one store, or about its database.</summary>
public abstract class StoreTest
{
    /// <summary>No store needs this long for anything that a test asks; it only keeps a broken one from hanging the run.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected static readonly UserId Alice = new("alice");
    protected static readonly UserId Bob = new("bob");
    protected static readonly DeviceId Phone = new("phone");

    private static int _schemas;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Options for a schema of this test's own.</summary>
    protected static PostgresStoreOptions Options(string connectionString) =>
        new() { ConnectionString = connectionString, Schema = $"its_own_{Interlocked.Increment(ref _schemas)}", Writers = 2, Readers = 2 };

    protected static Task<PostgresMailboxStore> OpenAsync(PostgresStoreOptions options) => PostgresMailboxStore.OpenAsync(options, TimeProvider.System).WaitAsync(Patience);

    protected static AppendItem Message(UserId from, UserId to, string text = "hello", AppendLane? lane = null) =>
        new(to, from, MessageId.New(DateTimeOffset.UtcNow), text, lane ?? new AppendLane());

    /// <summary>Asks until there is an answer, as a client does: after a failure with a new session, once the database is back.</summary>
    protected static async Task<AppendResult> InsistAsync(PostgresMailboxStore store, AppendItem item)
    {
        while (true)
        {
            try
            {
                return await store.AppendAsync(item).AsTask().WaitAsync(Patience);
            }
            catch (StoreUnavailableException)
            {
                await store.Recovered.WaitAsync(Patience);
                item = item with { Lane = new AppendLane() };
            }
        }
    }

    protected static async Task<IReadOnlyList<Entry>> ReadAllAsync(IMailboxStore store, UserId mailbox)
    {
        var page = await store.ReadAsync(mailbox, Sequence.None, int.MaxValue, int.MaxValue, Token).AsTask().WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(1, page.Entries.Count).Select(n => (long)n), page.Entries.Select(entry => entry.Sequence.Value));
        Assert.Equal(page.Entries.Count, page.Position.Last.Value);
        return page.Entries;
    }

    /// <summary>Each message once, and each sender's in the order of sending.</summary>
    protected static void AssertHoldsEachOnceAndInOrder(IReadOnlyList<Entry> entries, IEnumerable<IReadOnlyList<MessageId>> sentBySender)
    {
        var sent = sentBySender.ToList();
        var senderOf = sent.SelectMany((ids, sender) => ids.Select(id => (id, sender))).ToDictionary(each => each.id, each => each.sender);
        Assert.Equal(senderOf.Count, entries.Count);
        var found = entries.GroupBy(entry => senderOf[entry.Id], entry => entry.Id).ToDictionary(group => group.Key, group => group.ToList());
        for (var sender = 0; sender < sent.Count; sender++)
        {
            Assert.Equal(sent[sender], found[sender]);
        }
    }

    /// <summary>Waits until no store has a connection to the database any more: only then all of them have reported what they did.</summary>
    protected static async Task ReportedAsync(PostgresStoreOptions options)
    {
        while ((long)(await AskAsync(options.ConnectionString, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hexagram' AND datname = current_database()"))! > 0)
        {
            await Task.Yield();
        }
    }

    protected static async Task<object?> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}

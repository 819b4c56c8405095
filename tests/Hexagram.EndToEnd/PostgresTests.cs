using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary><c>serve --postgres</c>: the same promises with the mailboxes in a database, which may go away for a moment.</summary>
public sealed class PostgresTests : IAsyncLifetime
{
    // What "send" ends with when the recipient is away.
    private const int Stored = 3;

    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Messages_wait_in_the_database_through_a_kill_of_the_server_and_a_crash_of_the_database()
    {
        await using var database = await PostgreSqlServer.StartNewAsync();
        var server = await _stage.ServeAsync("--postgres", database.ConnectionString());
        Assert.Equal(Stored, await _stage.Send("alice", "bob", "before the crash").EndAsync());

        await database.CrashAsync();
        var waiting = _stage.Send("alice", "bob", "while it is away");
        await server.WhenSaidAsync("takes no writes");
        await database.StartAsync();
        Assert.Equal(Stored, await waiting.EndAsync());
        using (var http = new HttpClient { Timeout = RunningProgram.Patience })
        {
            // The server has counted it, and gone on.
            var metrics = await http.GetStringAsync(new Uri($"http://{_stage.Http}/metrics"));
            Assert.Matches("hexagram_store_outages_total [1-9]", metrics);
            Assert.Contains("hexagram_store_unavailable 0\n", metrics, StringComparison.Ordinal);
            Assert.Matches("hexagram_store_sync_duration_seconds_count [1-9]", metrics);
            await server.WhenSaidAsync("takes writes again");
        }

        await server.KillAsync();
        await _stage.ServeAsync("--postgres", database.ConnectionString());

        Assert.Equal(["before the crash", "while it is away"], (await _stage.ReceiveAllAsync("bob", 2)).Texts("text"));
        Assert.False(Directory.Exists(Path.Combine(_stage.DataFolder, "mailboxes")), "Nothing of the mailboxes is in the data folder.");
    }
}

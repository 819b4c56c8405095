using System.Globalization;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary>A server is backed up while it works, is lost, and comes back from the backup; and so does who was killed while doing it.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1" ? 12 : 2;
    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public Task After_a_restore_from_an_older_backup_what_nobody_had_is_sent_again_and_nothing_comes_twice() => LosesAndDoublesNothingAsync(
        () => _stage.ServeAsync(),
        async meanwhile =>
        {
            var backup = _stage.Run("backup", "--to", "backup", "--json");
            await meanwhile();
            Assert.True(await backup.EndAsync() == 0, backup.Said);
            Assert.True(backup.JsonOutput[0].GetProperty("serverRunning").GetBoolean());
            Assert.InRange(backup.JsonOutput[0].GetProperty("entries").GetInt32(), 41, 301);
        },
        async () =>
        {
            Directory.Move(_stage.DataFolder, $"{_stage.DataFolder}-lost");
            return await RestoreAsync("--from", "backup");
        });

    [Fact]
    public async Task After_a_restored_dump_of_its_database_what_nobody_had_is_sent_again_and_nothing_comes_twice()
    {
        await using var postgres = await PostgreSqlServer.StartNewAsync();
        var (database, dump) = (postgres.NewDatabase(), "");
        await LosesAndDoublesNothingAsync(
            () => _stage.ServeAsync("--postgres", database),
            async meanwhile =>
            {
                var dumping = postgres.DumpAsync(database);
                await meanwhile();
                dump = await dumping;
                var backup = _stage.With("HEXAGRAM__POSTGRES__CONNECTIONSTRING", database).Run("backup", "--to", "backup");
                Assert.Equal(1, await backup.EndAsync());
                Assert.Contains(backup.Errors, line => line.Contains("pg_dump", StringComparison.Ordinal));
            },
            async () =>
            {
                database = await postgres.RestoreAsync(dump);
                _stage.With("HEXAGRAM__POSTGRES__CONNECTIONSTRING", database);

                // Forgotten, the new epoch would make clients take new messages for old ones: so no server starts without.
                var early = _stage.Run("serve", "--tcp", "127.0.0.1:0", "--http", "none");
                Assert.Equal(1, await early.EndAsync());
                Assert.Contains(early.Errors, line => line.Contains("hexagram restore --postgres", StringComparison.Ordinal));
                return await RestoreAsync("--postgres", database);
            });

        var late = _stage.Run("restore", "--postgres", database);
        Assert.Equal(1, await late.EndAsync());
        Assert.Contains(late.Errors, line => line.Contains("servers work with it", StringComparison.Ordinal));
        var inspect = _stage.Run("inspect", "--postgres", database, "--json");
        Assert.True(await inspect.EndAsync() == 0, inspect.Said);
        Assert.Equal(2, inspect.JsonOutput[0].GetProperty("epochs").GetArrayLength());
        Assert.Equal(0, inspect.JsonOutput.Single(line => line.TryGetProperty("mailbox", out var user) && user.GetString() == "bob").GetProperty("unconfirmed").GetInt32());
    }

    [Fact]
    public async Task A_backup_that_is_killed_is_none_and_the_server_goes_on()
    {
        var server = await _stage.ServeAsync();
        await SendAsync(1, 200);
        for (var kill = 1; kill <= Kills; kill++)
        {
            var (seen, watch) = Watch(_stage.Folder, "target.unfinished", (kill * 3) - 2);
            using (watch)
            {
                var backup = _stage.Run("backup", "--to", "target");
                await seen.WaitAsync(RunningProgram.Patience);
                await backup.KillAsync();
            }

            // Killed after its end it is a whole one, which the next round has to make room for.
            if (Directory.Exists(Path.Combine(_stage.Folder, "target")))
            {
                Assert.True(File.Exists(Path.Combine(_stage.Folder, "target", "BACKUP")));
                Directory.Delete(Path.Combine(_stage.Folder, "target"), recursive: true);
            }
        }

        var last = _stage.Run("backup", "--to", "target", "--json");
        Assert.True(await last.EndAsync() == 0, last.Said);
        Assert.Equal(200, last.JsonOutput[0].GetProperty("entries").GetInt32());
        Assert.False(Directory.Exists(Path.Combine(_stage.Folder, "target.unfinished")));
        await SendAsync(201, 210);
        Assert.True(server.IsAlive);
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(["mailboxes", "token.key"], Directory.EnumerateFileSystemEntries(_stage.DataFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Where(name => name != "checkpoints"));
    }

    [Fact]
    public async Task A_restore_that_is_killed_lets_no_server_start_until_it_is_done()
    {
        var server = await _stage.ServeAsync();
        await SendAsync(1, 100);
        Assert.Equal(0, await _stage.Run("backup", "--to", "backup").EndAsync());
        await server.KillAsync();
        var refused = 0;
        for (var kill = 1; kill <= Kills; kill++)
        {
            var data = Path.Combine(_stage.Folder, string.Create(CultureInfo.InvariantCulture, $"data{kill}"));
            Directory.CreateDirectory(data);
            var (seen, watch) = Watch(data, "", (kill * 4) - 2);
            using (watch)
            {
                var restore = _stage.Run("restore", "--from", "backup", "--data", data);
                await seen.WaitAsync(RunningProgram.Patience);
                await restore.KillAsync();
            }

            if (!Directory.Exists(Path.Combine(data, "mailboxes")))
            {
                refused++;
                var serve = _stage.Run("serve", "--data", data, "--tcp", "127.0.0.1:0", "--http", "none");
                Assert.Equal(1, await serve.EndAsync());
                Assert.Contains(serve.Errors, line => line.Contains("was not finished", StringComparison.Ordinal));
                var again = _stage.Run("restore", "--from", "backup", "--data", data);
                Assert.True(await again.EndAsync() == 0, again.Said);
            }

            var inspect = _stage.Run("inspect", "--data", data, "--json");
            Assert.Equal(0, await inspect.EndAsync());
            Assert.Equal(2, inspect.JsonOutput[0].GetProperty("epochs").GetArrayLength());
            Assert.Equal(100, inspect.JsonOutput[1].GetProperty("last").GetInt32());
        }

        Assert.InRange(refused, 1, Kills);
    }

    [Fact]
    public async Task A_running_server_is_looked_into_and_does_not_notice()
    {
        var server = await _stage.ServeAsync();
        await SendAsync(1, 50);
        var receive = await _stage.ReceiveAllAsync("bob", 20);
        var inspect = _stage.Run("inspect", "--mailbox", "bob", "--unconfirmed", "--json");
        Assert.True(await inspect.EndAsync() == 0, inspect.Said);
        Assert.Equal(30, inspect.JsonOutput[0].GetProperty("unconfirmed").GetInt32());
        Assert.Equal(Enumerable.Range(21, 30), inspect.JsonOutput.Skip(1).Select(entry => entry.GetProperty("sequence").GetInt32()));

        var message = _stage.Run("inspect", "--message", receive[0].Text("id"), "--json");
        Assert.Equal(0, await message.EndAsync());
        Assert.True(message.JsonOutput[0].GetProperty("delivered").GetBoolean());
        Assert.Equal(0, await server.StopAsync());

        // (Its libraries also warn of a busy machine.)
        string[] bad = ["\"LogLevel\":\"Warning\",\"Category\":\"Hexagram.", "\"LogLevel\":\"Error\""];
        Assert.False(server.Errors.Any(line => bad.Any(words => line.Contains(words, StringComparison.Ordinal))), server.Said);
    }

    /// <summary>Messages flow while a backup is taken and after it; then all that came after it is lost, and the server comes back from the backup.</summary>
    private async Task LosesAndDoublesNothingAsync(Func<Task<RunningProgram>> serve, Func<Func<Task>, Task> backUp, Func<Task<System.Text.Json.JsonElement>> restore)
    {
        var server = await serve();
        var receive = await _stage.ListenAsync("bob");
        var send = _stage.Send("alice", "bob", "-", "--timeout", "60s");
        await FeedAsync(send, 1, 100);
        await receive.WhenPrintedAsync(1 + 40);

        // Messages flow on while it is copied.
        await backUp(() => FeedAsync(send, 101, 300));
        await receive.WhenPrintedAsync(1 + 300);

        // These come after the backup, and their recipient is away: the server that is lost is all that has them, but for their sender.
        Assert.Equal(0, await receive.StopAsync());
        await FeedAsync(send, 301, 350);
        await send.WhenOutputAsync(printed => printed.Count(line => line.Contains("\"stored\"", StringComparison.Ordinal) || line.Contains("\"delivered\"", StringComparison.Ordinal)) >= 350);
        await server.KillAsync();
        var restored = await restore();
        Assert.NotEqual(restored.Text("epochBefore"), restored.Text("epoch"));
        await serve();
        await FeedAsync(send, 351, 400);
        send.EndInput();
        await send.EndAsync();

        var rest = await _stage.ReceiveAllAsync("bob", 100);
        Assert.Equal(
            Enumerable.Range(1, 400).Select(Words),
            receive.JsonOutput.Skip(1).Concat(rest).Texts("text"));
    }

    private async Task<System.Text.Json.JsonElement> RestoreAsync(params string[] words)
    {
        var restore = _stage.Run(["restore", .. words, "--json"]);
        Assert.True(await restore.EndAsync() == 0, restore.Said);
        return restore.JsonOutput[0];
    }

    private static string Words(int number) => string.Create(CultureInfo.InvariantCulture, $"number {number}");

    private static async Task FeedAsync(RunningProgram send, int from, int to)
    {
        for (var number = from; number <= to; number++)
        {
            await send.FeedAsync(Words(number));
        }
    }

    /// <summary>Completes when so many files have come into being in a folder, or at any depth in one that is in it.</summary>
    private static (Task Seen, FileSystemWatcher Watch) Watch(string folder, string within, int files)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = files;
        var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
        FileSystemEventHandler count = (_, made) =>
        {
            if ((made.Name ?? "").StartsWith(within, StringComparison.Ordinal) && Interlocked.Decrement(ref left) == 0)
            {
                seen.TrySetResult();
            }
        };
        watcher.Created += count;
        watcher.Renamed += (_, made) => count(watcher, made);
        watcher.EnableRaisingEvents = true;
        return (seen.Task, watcher);
    }

    private async Task SendAsync(int from, int to)
    {
        var send = _stage.Send("alice", "bob", "-");
        await FeedAsync(send, from, to);
        send.EndInput();
        Assert.Equal(3, await send.EndAsync());
    }
}

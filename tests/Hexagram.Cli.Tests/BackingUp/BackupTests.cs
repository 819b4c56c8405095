using System.Text.Json;
using Hexagram.Cli.Tests.CommandLine;
using Hexagram.Protocol;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;

namespace Hexagram.Cli.Tests.BackingUp;

/// <summary>Backups and restores of a server that is stopped. What happens beside a running one, and when they are killed, is tested with real processes.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hexagram-backup-");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Backup => Path.Combine(_folder.FullName, "backup");

    private string Restored => Path.Combine(_folder.FullName, "restored");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_backed_up_comes_back_in_a_new_epoch_with_key_and_settings()
    {
        var epoch = await FillAsync(5);
        File.WriteAllText(Path.Combine(Data, "hexagram.json"), "{}");
        var token = await SucceedsAsync("token", "alice", "--data", Data, "--json");

        var backup = JsonDocument.Parse((await SucceedsAsync("backup", "--data", Data, "--to", Backup, "--json")).Output).RootElement;
        var restored = JsonDocument.Parse((await SucceedsAsync("restore", "--from", Backup, "--data", Restored, "--json")).Output).RootElement;

        Assert.Equal((1, 5, 5), (backup.GetProperty("mailboxes").GetInt32(), backup.GetProperty("entries").GetInt32(), backup.GetProperty("unconfirmed").GetInt32()));
        Assert.Equal(epoch.ToString(), restored.GetProperty("epochBefore").GetString());
        await using var store = Open(Restored);
        Assert.Equal(store.Epoch.ToString(), restored.GetProperty("epoch").GetString());
        Assert.NotEqual(epoch, store.Epoch);
        Assert.Equal(["0", "1", "2", "3", "4"], await TextsAsync(store));
        Assert.Equal(File.ReadAllText(Path.Combine(Data, "token.key")), File.ReadAllText(Path.Combine(Restored, "token.key")));
        Assert.True(File.Exists(Path.Combine(Restored, "hexagram.json")));
        Assert.NotEmpty(token.Output);
    }

    [Fact]
    public async Task Nobody_else_can_read_what_is_in_it()
    {
        await FillAsync(1);
        await SucceedsAsync("token", "alice", "--data", Data);
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);
        await SucceedsAsync("restore", "--from", Backup, "--data", Restored);

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        Assert.All(
            new[] { Backup, Restored }.Concat(Directory.EnumerateFileSystemEntries(Backup, "*", SearchOption.AllDirectories)),
            path => Assert.True(OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == 0, path));
    }

    [Fact]
    public async Task Nothing_is_overwritten()
    {
        await FillAsync(1);
        Directory.CreateDirectory(Backup);
        File.WriteAllText(Path.Combine(Backup, "mine"), "");
        Assert.Contains("not empty", await FailsAsync("backup", "--data", Data, "--to", Backup), StringComparison.Ordinal);
        File.Delete(Path.Combine(Backup, "mine"));
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);

        Assert.Contains("mailboxes", await FailsAsync("restore", "--from", Backup, "--data", Data), StringComparison.Ordinal);
        Assert.Contains("in the data folder", await FailsAsync("backup", "--data", Data, "--to", Path.Combine(Data, "b")), StringComparison.Ordinal);
        Directory.CreateDirectory(Restored);
        File.WriteAllText(Path.Combine(Restored, "token.key"), "another");
        File.WriteAllText(Path.Combine(Backup, "token.key"), "one");
        Assert.False(Directory.Exists(Path.Combine(Restored, "mailboxes")));
    }

    [Fact]
    public async Task A_folder_that_already_has_another_key_is_not_restored_into()
    {
        await FillAsync(1);
        await SucceedsAsync("token", "alice", "--data", Data);
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);
        Directory.CreateDirectory(Restored);
        await SucceedsAsync("token", "alice", "--data", Restored);

        Assert.Contains("not the one of the backup", await FailsAsync("restore", "--from", Backup, "--data", Restored), StringComparison.Ordinal);

        File.Copy(Path.Combine(Data, "token.key"), Path.Combine(Restored, "token.key"), overwrite: true);
        await SucceedsAsync("restore", "--from", Backup, "--data", Restored);
    }

    [Fact]
    public async Task What_is_no_finished_backup_is_not_restored()
    {
        await FillAsync(20);
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);
        var record = Path.Combine(Backup, "BACKUP");
        File.Move(record, $"{record}.away");
        Assert.Contains("is no backup", await FailsAsync("restore", "--from", Backup, "--data", Restored), StringComparison.Ordinal);
        File.Move($"{record}.away", record);

        foreach (var file in Directory.EnumerateFiles(Path.Combine(Backup, "mailboxes"), "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0).ToList())
        {
            var bytes = File.ReadAllBytes(file);
            var damaged = (byte[])bytes.Clone();
            damaged[^1] ^= 1;
            File.WriteAllBytes(file, damaged);
            Assert.Contains("damaged", await FailsAsync("restore", "--from", Backup, "--data", Restored), StringComparison.Ordinal);
            File.Delete(file);
            Assert.Contains("missing", await FailsAsync("restore", "--from", Backup, "--data", Restored), StringComparison.Ordinal);
            File.WriteAllBytes(file, bytes);
        }

        Assert.False(Directory.Exists(Path.Combine(Restored, "mailboxes")));
        await SucceedsAsync("restore", "--from", Backup, "--data", Restored);
    }

    [Fact]
    public async Task What_an_unfinished_run_left_is_in_nobodys_way_and_no_server_starts_on_it()
    {
        await FillAsync(3);
        var unfinished = Directory.CreateDirectory($"{Backup}.unfinished");
        unfinished.CreateSubdirectory("mailboxes").CreateSubdirectory("rocksdb");
        File.WriteAllText(Path.Combine(unfinished.FullName, "mailboxes", "half"), "of something");
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);
        Assert.False(unfinished.Exists && Directory.Exists(unfinished.FullName));
        Assert.False(File.Exists(Path.Combine(Backup, "mailboxes", "half")));

        var half = Directory.CreateDirectory(Path.Combine(Restored, "restore.unfinished", "mailboxes"));
        Assert.Contains("was not finished", await FailsAsync("serve", "--data", Restored, "--tcp", "127.0.0.1:0", "--http", "none"), StringComparison.Ordinal);
        Assert.True(half.Exists);
        await SucceedsAsync("restore", "--from", Backup, "--data", Restored);
        Assert.Equal(["mailboxes"], Directory.EnumerateFileSystemEntries(Restored).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Where_there_is_no_server_there_is_no_backup()
    {
        Assert.Contains("no mailboxes", await FailsAsync("backup", "--data", Data, "--to", Backup), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Backup));
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("restore", "--from", "somewhere", "--postgres", "Host=db")]
    [InlineData("restore", "--postgres", "Database=chat")]
    public async Task A_restore_is_of_a_folder_or_of_a_database_that_can_be_reached(params string[] words)
    {
        var run = await CapturedRun.Of([.. words, "--data", Restored]);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.False(Directory.Exists(Restored));
    }

    [Fact]
    public async Task Two_restores_of_one_backup_begin_two_epochs()
    {
        await FillAsync(1);
        await SucceedsAsync("backup", "--data", Data, "--to", Backup);
        await SucceedsAsync("restore", "--from", Backup, "--data", Restored);
        await SucceedsAsync("restore", "--from", Backup, "--data", $"{Restored}-too");

        await using var first = Open(Restored);
        await using var second = Open($"{Restored}-too");
        Assert.NotEqual(first.Epoch, second.Epoch);
    }

    private static async Task<CapturedRun> SucceedsAsync(params string[] words)
    {
        var run = await CapturedRun.Of(words);
        Assert.True(run.Code == ExitCode.Success, run.Error);
        return run;
    }

    private static async Task<string> FailsAsync(params string[] words)
    {
        var run = await CapturedRun.Of(words);
        Assert.Equal(ExitCode.Failure, run.Code);
        return run.Error;
    }

    private static async Task<IEnumerable<string>> TextsAsync(RocksDbMailboxStore store) =>
        (await store.ReadAsync(Bob, Sequence.None, 1_000, int.MaxValue, CancellationToken.None)).Entries.Select(entry => entry.Body.Text);

    private static RocksDbMailboxStore Open(string data) => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(data, "mailboxes") }, TimeProvider.System);

    private async Task<Epoch> FillAsync(int messages)
    {
        Directory.CreateDirectory(Data);
        await using var store = Open(Data);
        for (var n = 0; n < messages; n++)
        {
            await store.AppendAsync(new AppendItem(Bob, Alice, MessageId.New(DateTimeOffset.UtcNow), Body.FromText($"{n}"), new AppendLane()));
        }

        return store.Epoch;
    }
}

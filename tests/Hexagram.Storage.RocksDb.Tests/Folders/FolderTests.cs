using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Tests.Folders;

/// <summary>What opening says about a folder that cannot be used.</summary>
public sealed class FolderTests : FolderTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task New_folder_is_for_its_owner_only()
    {
        await using var store = Open();

        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Folder) == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task Store_is_opened_once_in_a_process()
    {
        await using (var store = Open())
        {
            Refuses("in use", $"process {Environment.ProcessId}");
            await store.AppendAsync(Message("still there"));
        }

        await using var again = Open();
        Assert.Equal(1, await CountAsync(again));
    }

    [Fact]
    public async Task Store_that_another_process_holds_says_which()
    {
        await AppendAsync(1);
        using var holder = ChildProcess.Start(HoldingChild.Verb, Folder);
        Assert.Equal(HoldingChild.Ready, await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience));

        Refuses("in use", $"process {holder.Id}", "Stop that process");

        holder.StandardInput.Close();
        await holder.WaitForExitAsync().WaitAsync(Patience);
        await using var store = Open();
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task Store_whose_process_was_killed_can_be_opened()
    {
        using var holder = ChildProcess.Start(HoldingChild.Verb, Folder);
        Assert.Equal(HoldingChild.Ready, await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience));
        holder.Kill();
        await holder.WaitForExitAsync().WaitAsync(Patience);

        await using var store = Open();
        Assert.Equal(0, await CountAsync(store));
    }

    [Fact]
    public void Folder_that_is_a_file_is_refused()
    {
        File.WriteAllText(Folder, "a file");
        try
        {
            Refuses("cannot be used");
        }
        finally
        {
            File.Delete(Folder);
        }
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_refused()
    {
        // Not even root makes a folder here: a stand-in for a disk that is read-only.
        var folder = OperatingSystem.IsLinux() ? "/sys/hexagram-store" : Path.Combine(Environment.ProcessPath!, "store");

        var fault = Assert.Throws<StoreUnavailableException>(() => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = folder }, TimeProvider.System));

        Assert.Contains(folder, fault.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be used", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Newer_format_is_refused_and_named()
    {
        await AppendAsync(1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "FORMAT"), "hexagram mailboxes, format 3\n", TestContext.Current.CancellationToken);

        Refuses("format 3", "formats 1 to 2");
    }

    [Fact]
    public async Task Older_format_is_read_and_raised()
    {
        await AppendAsync(1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "FORMAT"), "hexagram mailboxes, format 1\n", TestContext.Current.CancellationToken);
        PutHeaderOfFormatOne();

        await using var store = Open();

        Assert.Equal("hexagram mailboxes, format 2\n", await File.ReadAllTextAsync(Path.Combine(Folder, "FORMAT"), TestContext.Current.CancellationToken));
        Assert.Equal(["hi"], (await store.ReadAsync(Bob, Sequence.None, 10, int.MaxValue, TestContext.Current.CancellationToken)).Entries.Select(entry => entry.Body.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("hexagram mailboxes, format one")]
    public async Task Format_that_says_nothing_is_refused(string text)
    {
        await AppendAsync(1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "FORMAT"), text, TestContext.Current.CancellationToken);

        Refuses("FORMAT");
    }

    [Fact]
    public async Task Missing_format_is_refused()
    {
        await AppendAsync(1);
        File.Delete(Path.Combine(Folder, "FORMAT"));

        Refuses("lost its file FORMAT");
    }

    [Fact]
    public async Task Setting_up_that_was_interrupted_is_finished_by_the_next_start()
    {
        await using (Open())
        {
        }

        // As if the process had died after RocksDB made its files and before the format was written down.
        File.Delete(Path.Combine(Folder, "FORMAT"));
        File.Delete(Path.Combine(Folder, "DURABLE"));

        await AppendAsync(1);
        await using var store = Open();
        Assert.Equal(1, await CountAsync(store));
    }

    [Theory]
    [InlineData("CURRENT")]
    [InlineData("MANIFEST-*")]
    public async Task File_that_is_missing_or_garbled_is_damage(string name)
    {
        await AppendAsync(1);
        var path = Newest(name);
        var whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(path, "garbage", TestContext.Current.CancellationToken);
        Refuses("is damaged", "backup");
        File.Delete(path);
        Refuses("is damaged", "backup");

        await File.WriteAllBytesAsync(path, whole, TestContext.Current.CancellationToken);
        await using var store = Open();
        Assert.Equal(1, await CountAsync(store));
    }

    [Fact]
    public async Task Missing_data_folder_is_damage_not_an_empty_store()
    {
        await AppendAsync(1);
        Directory.Delete(Data, recursive: true);

        Refuses("is damaged", "backup");
    }

    [Fact]
    public async Task Missing_sorted_file_is_damage()
    {
        await AppendAsync(10);
        await using (Open())
        {
            // Opening has put the log's content into sorted files.
        }

        Array.ForEach(Directory.GetFiles(Data, "*.sst"), File.Delete);

        Refuses("is damaged", "backup");
    }

    [Fact]
    public async Task Damaged_sorted_file_is_told_when_it_is_read_and_nothing_wrong_is_answered()
    {
        await AppendAsync(200);
        await using (Open())
        {
        }

        // The blocks with the records come first in a file; the small files hold no mailbox.
        foreach (var file in Directory.GetFiles(Data, "*.sst").Where(file => new FileInfo(file).Length > 5_000))
        {
            for (var at = 10; at < 200; at += 7)
            {
                FlipByte(file, at);
            }
        }

        await using var store = Open();
        var read = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await CountAsync(store));
        Assert.Contains(Folder, read.Message, StringComparison.Ordinal);
        Assert.Contains("is damaged", read.Message, StringComparison.Ordinal);

        // Numbering needs the damaged log, so there can be no msg:A; and having failed once the store stays stopped.
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message("next")));
        Assert.NotNull(store.Fault);
    }

    [Fact]
    public void Options_that_cannot_be_used_are_named()
    {
        var good = new RocksDbStoreOptions { Folder = Folder };
        Assert.Null(good.Fault());
        (RocksDbStoreOptions Options, string Word)[] bad =
        [
            (good with { Folder = "" }, "Folder"),
            (good with { DiskReserveBytes = -1 }, "DiskReserveBytes"),
            (good with { BatchItemsMax = 0 }, "BatchItemsMax"),
            (good with { BatchItemsMax = 70_000 }, "BatchItemsMax"),
            (good with { BatchBytesMax = 0 }, "BatchBytesMax"),
            (good with { MailboxesCachedMax = 0 }, "MailboxesCachedMax"),
            (good with { BlockCacheBytes = -1 }, "BlockCacheBytes"),
            (good with { WriteBufferBytes = 1 }, "WriteBufferBytes"),
            (good with { Limits = new MailboxLimits { UnconfirmedMax = 0 } }, "UnconfirmedMax"),
            (good with { Limits = new MailboxLimits { UnconfirmedPerSenderMax = 0 } }, "UnconfirmedPerSenderMax"),
            (good with { Limits = new MailboxLimits { DevicesPerUserMax = 0 } }, "DevicesPerUserMax"),
            (good with { Limits = new MailboxLimits { NewMailboxesPerSenderPerDay = 0 } }, "NewMailboxesPerSenderPerDay"),
            (good with { Limits = new MailboxLimits { ClockSkewMax = TimeSpan.FromSeconds(-1) } }, "ClockSkewMax"),
            (good with { Forgetting = new ForgettingPolicy { Retention = TimeSpan.Zero } }, "Retention"),
            (good with { Forgetting = new ForgettingPolicy { Horizon = TimeSpan.Zero } }, "Horizon"),
            (good with { Forgetting = new ForgettingPolicy { DeviceUnseen = TimeSpan.Zero } }, "DeviceUnseen"),
        ];

        Assert.All(bad, each =>
        {
            var fault = Assert.Throws<ArgumentException>(() => RocksDbMailboxStore.Open(each.Options, TimeProvider.System));
            Assert.Contains(each.Word, fault.Message, StringComparison.Ordinal);
        });
        Assert.False(Directory.Exists(Folder), "Nothing is made before the options are known to be good.");
    }

    /// <summary>Writes Bob's first entry as format 1 did: the header ends with the sender, and the body has a record of its own.</summary>
    private void PutHeaderOfFormatOne()
    {
        using var database = Database.Open(Data, new RocksDbStoreOptions { Folder = Folder }, LogRecoveryMode.Strict, create: false);
        using var batch = new RocksBatch();
        var prefix = "bob\0"u8;
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        byte[] header = [1, .. new byte[8], .. MessageId.New(DateTimeOffset.UtcNow).ToBytes(), 0, 0, 0, 2, .. "alice"u8];
        batch.Put(database.Handle(Table.Mailboxes), key[..Keys.WriteEntry(key, prefix, 1)], header);
        batch.Put(database.Handle(Table.Mailboxes), key[..Keys.WriteBody(key, prefix, 1)], [1, 0, .. "hi"u8]);
        database.Write(batch, sync: true);
    }
}

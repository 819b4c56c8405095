using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Storage.RocksDb.Tests.Folders;

/// <summary>
/// A log may end torn, for the machine may die while it is written; but what had been synced must be there, or the store must not open.
/// </summary>
public sealed class TornLogTests : FolderTest
{
    private const string Backup = "Restore the folder from a backup and begin a new epoch";

    [Fact]
    public async Task Log_torn_where_nothing_had_been_synced_opens_with_everything_promised()
    {
        long synced, whole;
        await using (var store = Open())
        {
            await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            for (var n = 1; n <= 20; n++)
            {
                await store.AppendAsync(Message($"{n}"));
            }

            synced = new FileInfo(Log()).Length;
            for (var n = 1; n <= 20; n++)
            {
                await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(n));
            }

            whole = new FileInfo(Log()).Length;
        }

        // The machine died: of the confirmations, which nobody syncs, an arbitrary part is on the disk.
        for (var length = whole - 1; length > synced; length -= 7)
        {
            await CheckCutAsync(length);
        }

        await CheckCutAsync(synced);
    }

    [Fact]
    public async Task Garbage_after_what_had_been_synced_is_a_torn_end()
    {
        await AppendAsync(20);
        await using (var file = new FileStream(Log(), FileMode.Append))
        {
            await file.WriteAsync(Enumerable.Range(0, 300).Select(n => (byte)(n * 31)).ToArray(), TestContext.Current.CancellationToken);
        }

        await using var store = Open();
        Assert.Equal(20, await CountAsync(store));
        Assert.Equal(21, (await store.AppendAsync(Message("next"))).Sequence.Value);
    }

    [Fact]
    public async Task Store_that_recovered_from_a_torn_end_opens_again_and_again()
    {
        for (var round = 1; round <= 5; round++)
        {
            await AppendAsync(3);
            await File.AppendAllTextAsync(Log(), "torn", TestContext.Current.CancellationToken);
            await using var store = Open();
            Assert.Equal(3 * round, await CountAsync(store));
        }
    }

    [Fact]
    public async Task Log_cut_off_within_what_had_been_synced_is_damage()
    {
        await AppendAsync(20);
        var length = new FileInfo(Log()).Length;
        Truncate(Log(), length - 5);

        Refuses("is damaged", Backup);
    }

    [Fact]
    public async Task Log_cut_off_between_two_synced_records_is_damage_although_it_looks_whole()
    {
        long shorter;
        await using (var store = Open())
        {
            await store.AppendAsync(Message("1"));
            shorter = new FileInfo(Log()).Length;
            await store.AppendAsync(Message("2"));
        }

        Truncate(Log(), shorter);

        Refuses("is damaged", "had been synced up to", Backup);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public async Task Flipped_byte_in_the_log_is_damage(double place)
    {
        await AppendAsync(200);
        FlipByte(Log(), (long)(new FileInfo(Log()).Length * place));

        Refuses("is damaged", Backup);
    }

    [Fact]
    public async Task Refusing_a_damaged_log_leaves_it_as_it_is()
    {
        await AppendAsync(20);
        FlipByte(Log(), new FileInfo(Log()).Length / 2);
        var (path, before) = (Log(), await File.ReadAllBytesAsync(Log(), TestContext.Current.CancellationToken));

        Refuses("is damaged");
        Refuses("is damaged");

        Assert.Equal(before, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        FlipByte(path, before.Length / 2);
        await using var store = Open();
        Assert.Equal(20, await CountAsync(store));
    }

    [Fact]
    public async Task Missing_log_is_damage()
    {
        await AppendAsync(20);
        File.Delete(Log());

        Refuses("is damaged", Backup);
    }

    [Fact]
    public async Task Mark_that_cannot_be_read_does_not_keep_a_whole_log_from_opening()
    {
        await AppendAsync(20);
        await File.WriteAllTextAsync(Path.Combine(Folder, "DURABLE"), "nonsense, sixteen", TestContext.Current.CancellationToken);

        await using var store = Open();
        Assert.Equal(20, await CountAsync(store));
    }

    [Fact]
    public async Task Log_torn_by_the_very_first_write_is_a_torn_end()
    {
        FailFirstWrite();
        await File.AppendAllTextAsync(Log(), "torn", TestContext.Current.CancellationToken);

        await using var store = Open();
        Assert.Equal(1, (await store.AppendAsync(Message("first"))).Sequence.Value);
    }

    [Fact]
    public void First_mark_of_a_process_is_durable_at_once_and_later_ones_when_it_stops()
    {
        using var mark = new DurableMark(Path.Combine(Directory.CreateDirectory(Folder).FullName, "DURABLE"));
        Assert.Null(mark.Durable);

        mark.Advance(5);
        Assert.Equal(5UL, mark.Durable);
        mark.Advance(6);
        Assert.Equal(5UL, mark.Durable);
        mark.Flush();
        Assert.Equal(6UL, mark.Durable);
    }

    [Fact]
    public async Task Torn_log_without_a_mark_is_damage_for_nobody_can_tell()
    {
        await AppendAsync(20);
        File.Delete(Path.Combine(Folder, "DURABLE"));
        await File.AppendAllTextAsync(Log(), "torn", TestContext.Current.CancellationToken);

        Refuses("is damaged", Backup);
    }

    /// <summary>Opens a copy of the folder whose log is cut off, and puts the whole one back.</summary>
    private async Task CheckCutAsync(long length)
    {
        var aside = Folder + "-whole";
        CopyFolder(Folder, aside);
        Truncate(Log(), length);
        await using (var store = Open())
        {
            Assert.Equal(20, await CountAsync(store));
            var device = Assert.Single(await store.DevicesAsync(Bob, TestContext.Current.CancellationToken));
            Assert.InRange(device.Cursor.Value, 0, 20);
            var newly = (await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(20))).NewlyDelivered;
            Assert.Equal(20 - device.Cursor.Value, newly.Count);
        }

        Directory.Delete(Folder, recursive: true);
        Directory.Move(aside, Folder);
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.GetDirectories(from))
        {
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}

using Hexagram.Protocol;
using Hexagram.Storage.Inspecting;
using Hexagram.Storage.RocksDb.Inspecting;

namespace Hexagram.Storage.RocksDb.Tests.Inspecting;

/// <summary>A look at a store from outside.</summary>
public sealed class StoreViewTests : Folders.FolderTest
{
    private static readonly UserId Carol = new("carol");

    [Fact]
    public async Task Mailboxes_devices_entries_and_messages_are_seen_as_they_stand()
    {
        var ids = new List<MessageId>();
        await using (var store = Open())
        {
            for (var n = 0; n < 5; n++)
            {
                var item = Message($"{n}");
                ids.Add(item.Id);
                await store.AppendAsync(item);
            }

            await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
            await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(3));
            await store.AppendAsync(new AppendItem(Carol, Alice, MessageId.New(DateTimeOffset.UtcNow), "to carol", new AppendLane()));
        }

        using var view = StoreView.Open(Folder);

        Assert.Equal(["bob", "carol"], view.ListMailboxes(null).Select(mailbox => mailbox.User.Value));
        Assert.Equal(["carol"], view.ListMailboxes(Bob).Select(mailbox => mailbox.User.Value));
        var bob = view.ReadMailbox(Bob)!;
        Assert.Equal((5, 2), (bob.Position.Last.Value, bob.Unconfirmed));
        Assert.Equal((Phone, 3), (bob.Devices[0].Device, bob.Devices[0].Cursor.Value));
        Assert.Equal([false, false], view.ListEntries(Bob, new Sequence(3)).Select(entry => entry.IsDelivered));
        Assert.Equal(ids, view.ListEntries(Bob, Sequence.None).Select(entry => entry.Id));
        var third = Assert.Single(view.Find(ids[2], null));
        Assert.Equal((Bob, Alice, 3, true, false), (third.Mailbox, third.From, third.Sequence.Value, third.IsDelivered, third.IsForgotten));
        Assert.Equal([Phone], third.Devices);
        Assert.False(Assert.Single(view.Find(ids[4], Bob)).IsDelivered);
        Assert.Empty(view.Find(ids[4], Carol));
        Assert.Null(view.ReadMailbox(Alice));
        Assert.Equal(new StoreCount(2, 6, 3), view.Verify());
        Assert.Single(view.Epochs);
    }

    [Fact]
    public async Task A_store_that_is_being_written_is_seen_whole_and_nothing_in_its_folder_changes()
    {
        var limits = new MailboxLimits { UnconfirmedMax = int.MaxValue, UnconfirmedPerSenderMax = int.MaxValue };
        await using var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Folder, WriteBufferBytes = 4 << 20, Limits = limits }, TimeProvider.System);
        using var end = new CancellationTokenSource();
        var accepted = 0L;
        var writing = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                // Large enough that files are replaced again and again.
                await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => store.AppendAsync(Message(new string('x', 4_000))).AsTask()));
                Interlocked.Add(ref accepted, 32);
            }
        });

        for (var look = 0; look < 25; look++)
        {
            var least = Interlocked.Read(ref accepted);
            using var view = StoreView.Open(Folder);
            var last = view.ReadMailbox(Bob)?.Position.Last.Value ?? 0;
            Assert.True(last >= least, $"{last} entries were seen where {least} had been accepted before.");
            Assert.Equal(last, view.ListEntries(Bob, Sequence.None).LongCount());
        }

        await end.CancelAsync();
        await writing;

        // Closed, so that what changes the files now can only be the view.
        await store.DisposeAsync();
        var before = Files();
        using (StoreView.Open(Folder))
        {
            Assert.Equal(before, Files());
        }

        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task What_is_damaged_or_missing_is_told()
    {
        Assert.Contains("no mailbox store", Fault(), StringComparison.Ordinal);
        await AppendAsync(200);
        await using (var store = Open())
        {
            await store.CheckpointAsync($"{Folder}-copy");
        }

        var table = Directory.GetFiles($"{Folder}-copy", "*.sst", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        File.Copy(table, $"{table}.damaged");
        FlipByte($"{table}.damaged", 2_000);
        File.Move($"{table}.damaged", table, overwrite: true);

        Assert.Throws<StoreUnavailableException>(() =>
        {
            using var view = StoreView.Open($"{Folder}-copy");
            view.Verify();
        });

        Truncate(Log(), new FileInfo(Log()).Length / 2);
        using (var intact = StoreView.Open(Folder))
        {
            // The log had been emptied into files by the copy; those are whole.
            Assert.Equal(200, intact.Verify().Entries);
        }

        Directory.Delete($"{Folder}-copy", recursive: true);
    }

    private string Fault() => Assert.Throws<StoreUnavailableException>(() => StoreView.Open(Folder)).Message;

    private List<string> Files() => [.. new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => $"{file.FullName} {file.Length}").Order(StringComparer.Ordinal)];
}

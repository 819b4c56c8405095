using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>What the writer keeps in mind.</summary>
public sealed class MailboxCacheTests : Folders.FolderTest
{
    [Fact]
    public async Task Mailboxes_that_do_not_exist_drive_out_none_that_does()
    {
        using var database = await WithBobAsync();
        var cache = new MailboxCache(new MailboxReader(database), mailboxesMax: 2);
        var bob = cache.Get(Bob);
        var absent = Enumerable.Range(0, 10).Select(n => cache.Get(new UserId($"nobody-{n}"))).ToList();
        Assert.Same(absent[0], cache.Get(absent[0].Mailbox));

        cache.Trim();

        Assert.Same(bob, cache.Get(Bob));
        Assert.All(absent, state => Assert.NotSame(state, cache.Get(state.Mailbox)));
    }

    [Fact]
    public async Task Mailbox_that_came_into_being_is_kept()
    {
        using var database = await WithBobAsync();
        var cache = new MailboxCache(new MailboxReader(database), mailboxesMax: 2);
        var (written, opened) = (cache.Get(new UserId("written")), cache.Get(new UserId("opened")));
        written.Append(Alice, MessageId.New(DateTimeOffset.UtcNow));
        opened.Devices.Add(new DeviceState(Phone, 0, 0, 0));

        cache.Trim();
        cache.Trim();

        Assert.Same(written, cache.Get(written.Mailbox));
        Assert.Same(opened, cache.Get(opened.Mailbox));
    }

    [Fact]
    public async Task Mailbox_used_longest_ago_goes_first()
    {
        using var database = await WithBobAsync();
        var cache = new MailboxCache(new MailboxReader(database), mailboxesMax: 1);
        var bob = cache.Get(Bob);
        var newer = cache.Get(new UserId("newer"));
        newer.Append(Alice, MessageId.New(DateTimeOffset.UtcNow));

        cache.Trim();

        Assert.Same(newer, cache.Get(newer.Mailbox));
        Assert.NotSame(bob, cache.Get(Bob));
    }

    private async Task<Database> WithBobAsync()
    {
        await AppendAsync(1);
        return Database.Open(Data, new RocksDbStoreOptions { Folder = Folder }, LogRecoveryMode.Strict, create: false);
    }
}

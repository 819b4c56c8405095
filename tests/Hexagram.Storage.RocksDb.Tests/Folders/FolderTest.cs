using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Tests.Folders;

/// <summary>A test that leaves a store in a folder, does something to the files, and opens it again.</summary>
public abstract class FolderTest : IAsyncDisposable
{
    protected static readonly UserId Alice = new("alice");
    protected static readonly UserId Bob = new("bob");
    protected static readonly DeviceId Phone = new("phone");

    private readonly RocksDbPlace _place = new();

    /// <summary>The store's folder.</summary>
    protected string Folder => _place.Folder;

    /// <summary>Where RocksDB keeps its files.</summary>
    protected string Data => Path.Combine(Folder, "rocksdb");

    public async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected RocksDbMailboxStore Open() => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Folder }, TimeProvider.System);

    protected static AppendItem Message(string text) => new(Bob, Alice, MessageId.New(DateTimeOffset.UtcNow), text, new AppendLane());

    /// <summary>Sets the store up on a disk that fails with its first sync.</summary>
    protected void FailFirstWrite()
    {
        _place.FailSyncs();
        Assert.Throws<IOException>(() => _place.Open(new RocksDbStoreOptions { Folder = Folder }, TimeProvider.System));
    }

    /// <summary>Opens the store, appends so many messages one after the other, and closes it.</summary>
    protected async Task AppendAsync(int count, int padding = 100)
    {
        await using var store = Open();
        for (var n = 1; n <= count; n++)
        {
            await store.AppendAsync(Message($"message {n} {new string('.', padding)}"));
        }
    }

    /// <summary>How many entries Bob's mailbox holds; all of them can be read.</summary>
    protected static async Task<long> CountAsync(RocksDbMailboxStore store)
    {
        var page = await store.ReadAsync(Bob, Sequence.None, int.MaxValue, int.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal(page.Position.Last.Value, page.Entries.Count);
        return page.Position.Last.Value;
    }

    /// <summary>Opening fails with a message that names the folder and each of <paramref name="words"/>.</summary>
    protected StoreUnavailableException Refuses(params IEnumerable<string> words)
    {
        var fault = Assert.Throws<StoreUnavailableException>(() => Open());
        Assert.All(words.Prepend(Folder), word => Assert.Contains(word, fault.Message, StringComparison.Ordinal));
        return fault;
    }

    /// <summary>The newest log file.</summary>
    protected string Log() => Directory.GetFiles(Data, "*.log").Order(StringComparer.Ordinal).Last();

    /// <summary>The newest file with this name pattern.</summary>
    protected string Newest(string pattern) => Directory.GetFiles(Data, pattern).Order(StringComparer.Ordinal).Last();

    protected static void Truncate(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.SetLength(length);
    }

    protected static void FlipByte(string path, long at)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x55));
    }
}

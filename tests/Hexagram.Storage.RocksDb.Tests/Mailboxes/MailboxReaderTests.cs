using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>What is read from where.</summary>
public sealed class MailboxReaderTests : Folders.FolderTest
{
    [Fact]
    public async Task Going_through_headers_reads_no_large_body_and_a_page_does_not_do_without()
    {
        await AppendAsync(20, padding: 600);
        using var database = Database.Open(Data, new RocksDbStoreOptions { Folder = Folder }, LogRecoveryMode.Strict, create: false);
        var reader = new MailboxReader(database);
        var prefix = new byte[] { (byte)'b', (byte)'o', (byte)'b', 0 };
        Assert.Equal(20, reader.ReadPage(Bob, 0, 100, int.MaxValue).Entries.Count);
        DeleteBody(database, prefix, 7);

        var senders = new List<Protocol.UserId>();
        reader.ReadHeaders(prefix, 0, 20, (_, header, _) =>
        {
            senders.Add(header.From);
            return true;
        });

        Assert.Equal(Enumerable.Repeat(Alice, 20), senders);
        Assert.Equal(6, reader.ReadPage(Bob, 0, 6, int.MaxValue).Entries.Count);
        var fault = Assert.Throws<InvalidDataException>(() => reader.ReadPage(Bob, 0, 7, int.MaxValue));
        Assert.Contains("body of entry 7", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Small_and_large_bodies_make_one_page()
    {
        string[] texts = [.. Enumerable.Range(0, 40).Select(n => $"{n} {new string('.', n * n % 7 < 3 ? 3 : 2_000)}")];
        await using var store = Open();
        foreach (var text in texts)
        {
            await store.AppendAsync(Message(text));
        }

        for (var after = 0; after < texts.Length; after += 7)
        {
            var page = await store.ReadAsync(Bob, new(after), 11, int.MaxValue, TestContext.Current.CancellationToken);
            Assert.Equal(texts.Skip(after).Take(11), page.Entries.Select(entry => entry.Body.Text));
        }
    }

    [Fact]
    public async Task Highest_id_is_of_the_sender_and_of_the_mailbox_alone()
    {
        var ids = Enumerable.Range(0, 3).Select(n => MessageId.New(DateTimeOffset.UtcNow.AddMilliseconds(-n))).ToList();
        await using (var store = Open())
        {
            foreach (var (to, from, id) in new[] { ("bob", "alice", ids[2]), ("bob", "alice", ids[1]), ("bob", "alicf", ids[0]), ("bobo", "alice", ids[0]) })
            {
                await store.AppendAsync(new AppendItem(new(to), new(from), id, "text", new AppendLane()));
            }
        }

        using var database = Database.Open(Data, new RocksDbStoreOptions { Folder = Folder }, LogRecoveryMode.Strict, create: false);
        var reader = new MailboxReader(database);

        Assert.Equal(ids[1], reader.HighestIdOf("bob\0"u8, new("alice")));
        Assert.Equal(ids[0], reader.HighestIdOf("bob\0"u8, new("alicf")));
        Assert.Null(reader.HighestIdOf("bob\0"u8, new("alic")));
        Assert.Null(reader.HighestIdOf("carol\0"u8, new("alice")));
    }

    private static void DeleteBody(Database database, byte[] prefix, long sequence)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        using var batch = new RocksBatch();
        batch.Delete(database.Handle(Table.Mailboxes), key[..Keys.WriteBody(key, prefix, sequence)]);
        database.Write(batch, sync: false);
    }
}

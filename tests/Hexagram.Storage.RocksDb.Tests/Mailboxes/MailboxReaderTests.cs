using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Tests.Mailboxes;

/// <summary>What is read from where.</summary>
public sealed class MailboxReaderTests : Folders.FolderTest
{
    [Fact]
    public async Task Going_through_headers_reads_no_body_and_a_page_does_not_do_without()
    {
        await AppendAsync(20);
        using var database = Database.Open(Data, new RocksDbStoreOptions { Folder = Folder }, LogRecoveryMode.Strict, create: false);
        var reader = new MailboxReader(database);
        var prefix = new byte[] { (byte)'b', (byte)'o', (byte)'b', 0 };
        Assert.Equal(20, reader.ReadPage(Bob, 0, 100, int.MaxValue).Entries.Count);
        DeleteBody(database, prefix, 7);

        var senders = new List<Protocol.UserId>();
        reader.ReadHeaders(prefix, 0, 20, (_, header) =>
        {
            senders.Add(header.From);
            return true;
        });

        Assert.Equal(Enumerable.Repeat(Alice, 20), senders);
        Assert.Equal(6, reader.ReadPage(Bob, 0, 6, int.MaxValue).Entries.Count);
        var fault = Assert.Throws<InvalidDataException>(() => reader.ReadPage(Bob, 0, 7, int.MaxValue));
        Assert.Contains("body of entry 7", fault.Message, StringComparison.Ordinal);
    }

    private static void DeleteBody(Database database, byte[] prefix, long sequence)
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];
        using var batch = new RocksBatch();
        batch.Delete(database.Handle(Table.Mailboxes), key[..Keys.WriteBody(key, prefix, sequence)]);
        database.Write(batch, sync: false);
    }
}

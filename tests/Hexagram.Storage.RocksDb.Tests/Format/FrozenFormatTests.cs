using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Folders;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Tests.Format;

/// <summary>
/// The bytes on disk, written out. A store written by any release must be readable by the next: a change here needs a new
/// <see cref="FormatVersion"/> and a way to read the old.
/// </summary>
public sealed class FrozenFormatTests
{
    private static readonly UserId Bob = new("bob");
    private static readonly UserId Zoe = new("zoé");
    private static readonly MessageId Id = MessageId.TryParse("01890a5d-ac96-774b-bcce-b302099a8057", out var id) ? id : default;
    private static readonly byte[] Prefix = [(byte)'b', (byte)'o', (byte)'b', 0];

    [Fact]
    public void Format_is_version_two() => Assert.Equal(2, FormatVersion.Current);

    [Fact]
    public void Keys_begin_with_the_mailbox()
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];

        Holds("626f6200", key[..Keys.WritePrefix(key, Bob)]);
        Holds("7a6fc3a900", key[..Keys.WritePrefix(key, Zoe)]);
        Holds("626f6200 01 70686f6e65", key[..Keys.WriteDevice(key, Prefix, new DeviceId("phone"))]);
        Holds("626f6200 02 0102030405060708", key[..Keys.WriteEntry(key, Prefix, 0x0102030405060708)]);
        Holds("626f6200 03 0102030405060708", key[..Keys.WriteBody(key, Prefix, 0x0102030405060708)]);
        Holds("626f6200 7a6fc3a900 01890a5dac96774bbcceb302099a8057", key[..Keys.WriteId(key, Prefix, Zoe, Id)]);
        Holds("626f6201", key[..Keys.WriteAfterMailbox(key, Prefix)]);
    }

    [Fact]
    public void Keys_of_the_store_as_a_whole()
    {
        Span<byte> key = stackalloc byte[Keys.BytesMax];

        Holds("65", Keys.Epochs);
        Holds("73 7a6fc3a9", key[..Keys.WriteSender(key, Zoe)]);
    }

    [Fact]
    public void Header_of_an_entry()
    {
        var value = new byte[EntryHeader.BytesMax];

        Holds(
            "02 00000192a3b4c5d6 01890a5dac96774bbcceb302099a8057 00012345 04 7a6fc3a9",
            value.AsSpan(0, new EntryHeader(Zoe, Id, 0x192a3b4c5d6, 0x12345).Write(value)));
    }

    [Fact]
    public void Header_with_a_small_body_behind_it()
    {
        var value = Bytes("02 00000192a3b4c5d6 01890a5dac96774bbcceb302099a8057 00000002 04 7a6fc3a9 01 00 6869");

        Assert.Equal(new EntryHeader(Zoe, Id, 0x192a3b4c5d6, 2), EntryHeader.Read(value, 1, out var body));
        Assert.Equal((Body)"hi", BodyRecord.Read(body, 1));
    }

    [Fact]
    public void Header_of_format_one_is_read()
    {
        var value = Bytes("01 00000192a3b4c5d6 01890a5dac96774bbcceb302099a8057 00012345 7a6fc3a9");

        Assert.Equal(new EntryHeader(Zoe, Id, 0x192a3b4c5d6, 0x12345), EntryHeader.Read(value, 1, out var body));
        Assert.True(body.IsEmpty);
    }

    [Theory]
    [InlineData(509, true)]
    [InlineData(510, true)]
    [InlineData(511, false)]
    public void Body_is_small_up_to_512_bytes_of_its_record(int bytes, bool isSmall)
    {
        Assert.Equal(isSmall, BodyRecord.IsSmall(new string('x', bytes)));
        Assert.Equal(isSmall, BodyRecord.IsSmall(Body.FromBytes(new byte[bytes - 3], "a/b")));
    }

    [Fact]
    public void Body_of_text()
    {
        var value = new byte[BodyRecord.BytesMax("hi")];

        Holds("01 00 6869", value.AsSpan(0, BodyRecord.Write(value, "hi")));
    }

    [Fact]
    public void Body_of_bytes()
    {
        var body = Body.FromBytes(new byte[] { 0, 255 }, "a/b");
        var value = new byte[BodyRecord.BytesMax(body)];

        Holds("01 03 612f62 00ff", value.AsSpan(0, BodyRecord.Write(value, body)));
    }

    [Fact]
    public void Message_id()
    {
        var value = new byte[IdRecord.Bytes];
        new IdRecord(7, 0x192a3b4c5d6, UInt128.Parse("00112233445566778899aabbccddeeff", System.Globalization.NumberStyles.HexNumber, null)).Write(value);

        Holds("01 0000000000000007 00000192a3b4c5d6 00112233445566778899aabbccddeeff", value);
    }

    [Fact]
    public void Fingerprint_of_a_body() =>
        Holds("e6908025cd50ce380feecfeaedb70ba2", Convert.FromHexString(IdRecord.FingerprintOf("hi").ToString("x32", null)));

    [Fact]
    public void Device()
    {
        var value = new byte[DeviceRecord.Bytes];
        new DeviceRecord(3, 9, 0x192a3b4c5d6).Write(value);

        Holds("01 0000000000000003 0000000000000009 00000192a3b4c5d6", value);
    }

    [Fact]
    public void Sender()
    {
        var value = new byte[SenderRecord.Bytes];
        new SenderRecord(20_513, 5).Write(value);

        Holds("01 00005021 00000005", value);
    }

    [Fact]
    public void Epochs() => Holds(
        "01 0102030405060708 00000192a3b4c5d6 1112131415161718 00000192a3b4c5d7",
        EpochsRecord.Write([new(new Epoch(0x0102030405060708), 0x192a3b4c5d6), new(new Epoch(0x1112131415161718), 0x192a3b4c5d7)]));

    [Fact]
    public void Mailbox()
    {
        var record = new MailboxRecord { FirstAvailable = 5, FirstKept = 3, Last = 9, ForgottenMark = 0x192a3b4c5d6 };
        record.Retired.Add(4, 6);
        record.Retired.Add(7, 8);
        record.Branches.Add(new EpochBranch(1, 8));

        Holds(
            "01 0000000000000005 0000000000000003 0000000000000009 00000192a3b4c5d6"
            + "0002 0000000000000004 0000000000000006 0000000000000007 0000000000000008 0001 00000001 0000000000000008",
            record.Write());
    }

    [Fact]
    public void Mailbox_that_has_forgotten_nothing() => Holds(
        "01 0000000000000001 0000000000000001 0000000000000000 ffffffffffffffff 0000 0000",
        new MailboxRecord().Write());

    [Fact]
    public void Durable_mark()
    {
        var value = new byte[DurableMark.Bytes];
        DurableMark.Encode(value, 0x0102030405060708);

        Holds("0102030405060708 fefdfcfbfaf9f8f7", value);
    }

    [Fact]
    public async Task Folder_says_its_format_in_plain_text()
    {
        await using var place = new RocksDbPlace();
        await using (place.Open(new RocksDbStoreOptions { Folder = place.Folder }, TimeProvider.System))
        {
            Assert.Equal(["DURABLE", "FORMAT", "HOLDER", "LOCK", "rocksdb"], Directory.EnumerateFileSystemEntries(place.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal("hexagram mailboxes, format 2\n", await File.ReadAllTextAsync(Path.Combine(place.Folder, "FORMAT"), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void Records_are_read_as_they_were_written()
    {
        var value = new byte[EntryHeader.BytesMax];
        var header = new EntryHeader(Zoe, Id, 0x192a3b4c5d6, 7);
        Assert.Equal(header, EntryHeader.Read(value.AsSpan(0, header.Write(value)), 4));
        var body = Body.FromBytes(new byte[] { 0, 255 }, "a/b");
        Assert.Equal(body, BodyRecord.Read(value.AsSpan(0, BodyRecord.Write(value, body)), 4));
        Assert.Equal((Body)"hi", BodyRecord.Read(value.AsSpan(0, BodyRecord.Write(value, "hi")), 4));

        var record = new MailboxRecord { FirstAvailable = 5, FirstKept = 3, Last = 9, ForgottenMark = 11 };
        record.Retired.Add(4, 6);
        record.Branches.Add(new EpochBranch(1, 8));
        record.Branches.Add(new EpochBranch(2, 9));
        Assert.Equal(record.Write(), MailboxRecord.Read(record.Write()).Write());
        Assert.Equal((5, 9), MailboxRecord.ReadRange(record.Write()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("01")]
    [InlineData("02 0000000000000003 0000000000000009 00000192a3b4c5d6 00000000000000000000000000000000000000000000000000000000")]
    public void Records_of_another_version_or_length_are_damage(string hex)
    {
        var value = Bytes(hex);

        Assert.Throws<InvalidDataException>(() => EntryHeader.Read(value, 1));
        Assert.Throws<InvalidDataException>(() => BodyRecord.Read(value, 1));
        Assert.Throws<InvalidDataException>(() => IdRecord.Read(value));
        Assert.Throws<InvalidDataException>(() => DeviceRecord.Read(value));
        Assert.Throws<InvalidDataException>(() => SenderRecord.Read(value));
        Assert.Throws<InvalidDataException>(() => EpochsRecord.Read(value));
        Assert.Throws<InvalidDataException>(() => MailboxRecord.Read(value));
        Assert.Throws<InvalidDataException>(() => MailboxRecord.ReadRange(value));
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static void Holds(string hex, ReadOnlySpan<byte> bytes) =>
        Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(bytes));
}

using System.Buffers.Binary;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Tests.Format;

/// <summary>Records that no program has written are called damaged, in words; nothing is made of them, and nothing else is thrown.</summary>
public sealed class DamagedRecordTests
{
    private static readonly UserId Alice = new("alice");

    [Fact]
    public void A_mailbox_that_ends_within_its_lists_is_damaged()
    {
        var value = Mailbox();
        for (var length = 0; length < value.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => MailboxRecord.Read(value.AsSpan(0, length)));
        }

        Assert.Equal(value, MailboxRecord.Read(value).Write());
    }

    [Fact]
    public void A_mailbox_with_more_than_its_lists_say_is_damaged() =>
        Assert.Throws<InvalidDataException>(() => MailboxRecord.Read([.. Mailbox(), 0]));

    [Theory]
    [InlineData(5, 5)]
    [InlineData(-3, 2)]
    [InlineData(4, 8)]
    public void A_mailbox_whose_intervals_are_none_is_damaged(long after, long upTo)
    {
        var value = Mailbox();
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(51), after);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(59), upTo);
        Assert.Throws<InvalidDataException>(() => MailboxRecord.Read(value));
    }

    [Theory]
    [InlineData(1, long.MaxValue)]
    [InlineData(1, -1L)]
    [InlineData(25, -1L)]
    public void A_header_with_an_impossible_time_or_size_is_damaged(int offset, long bytes)
    {
        var value = new byte[EntryHeader.BytesMax];
        var header = value.AsMemory(0, new EntryHeader(Alice, MessageId.New(DateTimeOffset.UnixEpoch), 1, 5).Write(value));
        Assert.Equal(5, EntryHeader.Read(header.Span, 1).ContentBytes);
        if (offset == 1)
        {
            BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(offset), bytes);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(offset), (int)bytes);
        }

        Assert.Throws<InvalidDataException>(() => EntryHeader.Read(header.Span, 1));
    }

    [Fact]
    public void An_id_with_an_impossible_time_is_damaged()
    {
        var value = new byte[IdRecord.Bytes];
        new IdRecord(1, long.MaxValue, 7).Write(value);
        Assert.Throws<InvalidDataException>(() => IdRecord.Read(value));
    }

    [Fact]
    public void A_content_type_that_is_not_ASCII_is_damage_and_not_another_content_type()
    {
        var value = new byte[64];
        var length = BodyRecord.Write(value, Body.FromBytes(new byte[] { 1 }, "a/b"));
        value[3] = 0xFF;
        Assert.Throws<InvalidDataException>(() => BodyRecord.Read(value.AsSpan(0, length), 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("616C696365")]
    [InlineData("00")]
    [InlineData("FF6C00")]
    [InlineData("612000")]
    public void A_key_of_no_mailbox_is_damaged(string hex) =>
        Assert.Throws<InvalidDataException>(() => Keys.ReadMailbox(Convert.FromHexString(hex)));

    private static byte[] Mailbox()
    {
        var record = new MailboxRecord { FirstAvailable = 3, FirstKept = 2, Last = 9, ForgottenMark = 5 };
        record.Retired.Add(0, 4);
        record.Retired.Add(6, 8);
        record.Branches.Add(new EpochBranch(1, 5));
        return record.Write();
    }
}

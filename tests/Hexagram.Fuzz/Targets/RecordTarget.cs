using System.Buffers.Binary;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Folders;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// What the store reads from its disk: the first byte says which record, the rest is it. Either it reads as one that this program writes, and
/// is written back as the same bytes, or it is refused as damage, in words.
/// </summary>
internal sealed class RecordTarget : SynchronousTarget
{
    public const string TargetName = "record";

    private const int Kinds = 9;

    private static readonly UserId Alice = new("alice");

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds()
    {
        var buffer = new byte[512];
        var mailbox = new MailboxRecord { FirstAvailable = 3, FirstKept = 2, Last = 9, ForgottenMark = 1_700_000_000_000 };
        mailbox.Retired.Add(0, 4);
        mailbox.Retired.Add(6, 8);
        mailbox.Branches.Add(new EpochBranch(1, 5));
        mailbox.Branches.Add(new EpochBranch(2, 7));
        yield return [0, .. mailbox.Write()];
        yield return [0, .. new MailboxRecord().Write()];
        new DeviceRecord(1, 5, 1_700_000_000_000).Write(buffer);
        yield return [1, .. buffer.AsSpan(0, DeviceRecord.Bytes)];
        yield return [2, .. buffer.AsSpan(0, new EntryHeader(Alice, SomePackets.Id(1), 1_700_000_000_000, 5).Write(buffer))];
        yield return [3, .. buffer.AsSpan(0, BodyRecord.Write(buffer, "hello"))];
        yield return [3, .. buffer.AsSpan(0, BodyRecord.Write(buffer, Body.FromBytes(new byte[] { 1, 2 }, "image/png")))];
        yield return [4, .. EpochsRecord.Write([new StampedEpoch(new Epoch(7), 1_700_000_000_000), new StampedEpoch(new Epoch(9), 1_700_000_000_001)])];
        new IdRecord(5, 1_700_000_000_000, 77).Write(buffer);
        yield return [5, .. buffer.AsSpan(0, IdRecord.Bytes)];
        new SenderRecord(20_000, 3).Write(buffer);
        yield return [6, .. buffer.AsSpan(0, SenderRecord.Bytes)];
        DurableMark.Encode(buffer, 42);
        yield return [7, .. buffer.AsSpan(0, DurableMark.Bytes)];
        var prefix = buffer.AsSpan(0, Keys.WritePrefix(buffer, Alice)).ToArray();
        yield return [8, .. buffer.AsSpan(0, Keys.WriteEntry(buffer, prefix, 5))];
        yield return [8, .. buffer.AsSpan(0, Keys.WriteDevice(buffer, prefix, new DeviceId("phone")))];
        yield return [8, .. buffer.AsSpan(0, Keys.WriteId(buffer, prefix, new UserId("bob"), SomePackets.Id(1)))];
    }

    protected override void Try(byte[] input, Observations seen)
    {
        if (input.Length == 0)
        {
            return;
        }

        var kind = input[0] % Kinds;
        var value = input.AsSpan(1);
        try
        {
            var written = Rewrite(kind, value);
            seen.Saw((kind << 8) + 1);
            BrokenPromiseException.Unless(written.AsSpan().SequenceEqual(value), $"Record {kind} was read from bytes that this program never writes.");
        }
        catch (InvalidDataException damage)
        {
            seen.Saw(kind << 8);
            BrokenPromiseException.Unless(damage.Message.Contains("cannot be understood", StringComparison.Ordinal), $"The words for record {kind} do not say that it is damaged.");
        }
    }

    private static byte[] Rewrite(int kind, ReadOnlySpan<byte> value)
    {
        var buffer = new byte[value.Length + 512];
        switch (kind)
        {
            case 0:
                var mailbox = MailboxRecord.Read(value);
                BrokenPromiseException.Unless(MailboxRecord.ReadRange(value) == (mailbox.FirstAvailable, mailbox.Last), "Read in part, a mailbox is another.");
                return mailbox.Write();
            case 1:
                DeviceRecord.Read(value).Write(buffer);
                return buffer[..DeviceRecord.Bytes];
            case 2:
                var header = EntryHeader.Read(value, 1, out var body);
                _ = DateTimeOffset.FromUnixTimeMilliseconds(header.AcceptedAt);
                BrokenPromiseException.Unless(header.ContentBytes >= 0, "A body of less than nothing.");
                var headerBytes = header.Write(buffer);
                return value[0] == 1 ? value.ToArray() : buffer[..(headerBytes + (body.IsEmpty ? 0 : BodyRecord.Write(buffer.AsSpan(headerBytes), BodyRecord.Read(body, 1))))];
            case 3:
                return buffer[..BodyRecord.Write(buffer, BodyRecord.Read(value, 1))];
            case 4:
                return EpochsRecord.Write(EpochsRecord.Read(value));
            case 5:
                var id = IdRecord.Read(value);
                _ = DateTimeOffset.FromUnixTimeMilliseconds(id.AcceptedAt);
                id.Write(buffer);
                return buffer[..IdRecord.Bytes];
            case 6:
                SenderRecord.Read(value).Write(buffer);
                return buffer[..SenderRecord.Bytes];
            case 7:
                return Mark(value);
            default:
                return Key(value, buffer);
        }
    }

    private static byte[] Mark(ReadOnlySpan<byte> value)
    {
        var bytes = new byte[DurableMark.Bytes];
        value[..Math.Min(value.Length, bytes.Length)].CopyTo(bytes);
        if (DurableMark.Decode(bytes) is not { } mark)
        {
            throw new InvalidDataException("The mark cannot be understood.");
        }

        var written = new byte[DurableMark.Bytes];
        DurableMark.Encode(written, mark);
        BrokenPromiseException.Unless(BinaryPrimitives.ReadUInt64BigEndian(bytes) == mark, "The mark is another.");
        return written.AsSpan().SequenceEqual(bytes) ? value.ToArray() : [];
    }

    /// <summary>A key is one of a mailbox or of an id, or is skipped; asking never throws.</summary>
    private static byte[] Key(ReadOnlySpan<byte> key, byte[] buffer)
    {
        var mailbox = Keys.ReadMailbox(key);
        var prefix = buffer.AsSpan(0, Keys.WritePrefix(buffer, mailbox)).ToArray();
        if (Keys.TryReadEntry(key, prefix, out var entry))
        {
            BrokenPromiseException.Unless(buffer.AsSpan(0, Keys.WriteEntry(buffer, prefix, entry)).SequenceEqual(key), "An entry's key is another.");
        }
        else if (Keys.TryReadBody(key, prefix, out var body))
        {
            BrokenPromiseException.Unless(buffer.AsSpan(0, Keys.WriteBody(buffer, prefix, body)).SequenceEqual(key), "A body's key is another.");
        }
        else if (Keys.TryReadDevice(key, prefix, out var device))
        {
            BrokenPromiseException.Unless(buffer.AsSpan(0, Keys.WriteDevice(buffer, prefix, device)).SequenceEqual(key), "A device's key is another.");
        }

        return key.ToArray();
    }
}

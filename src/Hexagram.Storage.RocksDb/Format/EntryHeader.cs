using System.Buffers.Binary;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// An entry but for a large body: <c>version(1) acceptedAt(8, ms) id(16) contentBytes(4) senderBytes(1) sender [body]</c>, where a small
/// <see cref="BodyRecord"/> follows at once and costs no record of its own. A large one has one, so that going through
/// many entries for their senders and ids reads little; and without a body it is what is left of an entry while its id must still be known.
/// Version 1, which ends with the sender and says nothing of its length, is only read.
/// </summary>
/// <param name="From">The authenticated sender.</param>
/// <param name="Id">The sender's id for the message.</param>
/// <param name="AcceptedAt">When it was accepted, in milliseconds since the Unix epoch.</param>
/// <param name="ContentBytes">The size of the body's content, in bytes; so how many entries make a page is known without their bodies.</param>
internal readonly record struct EntryHeader(UserId From, MessageId Id, long AcceptedAt, int ContentBytes)
{
    internal const byte Version = 2;

    /// <summary>The longest header without a body, in bytes.</summary>
    internal const int BytesMax = SenderOffset + UserId.BytesMax;

    private const int AcceptedAtOffset = 1;
    private const int IdOffset = AcceptedAtOffset + sizeof(long);
    private const int ContentBytesOffset = IdOffset + MessageId.Bytes;
    private const int SenderBytesOffset = ContentBytesOffset + sizeof(int);
    private const int SenderOffset = SenderBytesOffset + 1;

    /// <summary>Reads a header, whatever follows it.</summary>
    internal static EntryHeader Read(ReadOnlySpan<byte> value, long sequence) => Read(value, sequence, out _);

    /// <summary>Reads a header, and what follows it: the record of the body, or nothing when that is elsewhere or forgotten.</summary>
    internal static EntryHeader Read(ReadOnlySpan<byte> value, long sequence, out ReadOnlySpan<byte> body) =>
        TrySplit(value, out var sender, out body)
        && Milliseconds.TryRead(value[AcceptedAtOffset..], out var acceptedAt)
        && MessageId.TryRead(value.Slice(IdOffset, MessageId.Bytes), out var id)
        && BinaryPrimitives.ReadInt32BigEndian(value[ContentBytesOffset..]) is >= 0 and var contentBytes
        && UserId.TryParse(Encoding.UTF8.GetString(sender), out var from)
            ? new EntryHeader(from, id, acceptedAt, contentBytes)
            : throw new InvalidDataException($"Entry {sequence} of a mailbox cannot be understood: it was damaged, or written by another version.");

    /// <summary>Writes the header and returns its length. A body's record may follow.</summary>
    internal int Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(destination[AcceptedAtOffset..], AcceptedAt);
        Id.WriteTo(destination[IdOffset..]);
        BinaryPrimitives.WriteInt32BigEndian(destination[ContentBytesOffset..], ContentBytes);
        var senderBytes = Encoding.UTF8.GetBytes(From.Value, destination[SenderOffset..]);
        destination[SenderBytesOffset] = (byte)senderBytes;
        return SenderOffset + senderBytes;
    }

    private static bool TrySplit(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> sender, out ReadOnlySpan<byte> body)
    {
        sender = body = default;
        if (value.Length <= SenderBytesOffset)
        {
            return false;
        }

        switch (value[0])
        {
            case 1:
                sender = value[SenderBytesOffset..];
                return true;
            case Version when value.Length - SenderOffset >= value[SenderBytesOffset]:
                sender = value.Slice(SenderOffset, value[SenderBytesOffset]);
                body = value[(SenderOffset + sender.Length)..];
                return true;
            default:
                return false;
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// An entry without its body: <c>version(1) acceptedAt(8, ms) id(16) contentBytes(4) sender</c>. A record of its own, so that going through
/// many entries for their senders and ids reads no body; and what is left of an entry while its id must still be known.
/// </summary>
/// <param name="From">The authenticated sender.</param>
/// <param name="Id">The sender's id for the message.</param>
/// <param name="AcceptedAt">When it was accepted, in milliseconds since the Unix epoch.</param>
/// <param name="ContentBytes">The size of the body's content, in bytes; so how many entries make a page is known without their bodies.</param>
internal readonly record struct EntryHeader(UserId From, MessageId Id, long AcceptedAt, int ContentBytes)
{
    internal const byte Version = 1;

    /// <summary>The longest header, in bytes.</summary>
    internal const int BytesMax = SenderOffset + UserId.BytesMax;

    private const int AcceptedAtOffset = 1;
    private const int IdOffset = AcceptedAtOffset + sizeof(long);
    private const int ContentBytesOffset = IdOffset + MessageId.Bytes;
    private const int SenderOffset = ContentBytesOffset + sizeof(int);

    internal static EntryHeader Read(ReadOnlySpan<byte> value, long sequence) =>
        value.Length > SenderOffset
        && value[0] == Version
        && Milliseconds.TryRead(value[AcceptedAtOffset..], out var acceptedAt)
        && MessageId.TryRead(value.Slice(IdOffset, MessageId.Bytes), out var id)
        && BinaryPrimitives.ReadInt32BigEndian(value[ContentBytesOffset..]) is >= 0 and var contentBytes
        && UserId.TryParse(Encoding.UTF8.GetString(value[SenderOffset..]), out var from)
            ? new EntryHeader(from, id, acceptedAt, contentBytes)
            : throw new InvalidDataException($"Entry {sequence} of a mailbox cannot be understood: it was damaged, or written by another version.");

    /// <summary>Writes the header and returns its length.</summary>
    internal int Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(destination[AcceptedAtOffset..], AcceptedAt);
        Id.WriteTo(destination[IdOffset..]);
        BinaryPrimitives.WriteInt32BigEndian(destination[ContentBytesOffset..], ContentBytes);
        return SenderOffset + Encoding.UTF8.GetBytes(From.Value, destination[SenderOffset..]);
    }
}

using System.Buffers.Binary;
using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// An entry on disk, or the stub that is left of it while its id must still be known:
/// <c>version(1) kind(1) acceptedAt(8, ms) id(16) senderBytes(1) sender [contentTypeBytes(1) contentType content]</c>.
/// A stub ends after the sender. A content type of no bytes means text.
/// </summary>
internal static class EntryRecord
{
    internal const byte Version = 1;

    private const byte Whole = 0;
    private const byte Stub = 1;
    private const int AcceptedAtOffset = 2;
    private const int IdOffset = 10;
    private const int SenderOffset = IdOffset + MessageId.Bytes;

    /// <summary>The most bytes that an entry with <paramref name="body"/> takes.</summary>
    internal static int BytesMax(Body body) =>
        SenderOffset + 1 + UserId.BytesMax + 1 + Body.ContentTypeCharactersMax + body.Content.Length;

    /// <summary>Writes a whole entry and returns its length.</summary>
    internal static int Write(Span<byte> destination, UserId from, MessageId id, long acceptedAt, Body body)
    {
        var length = WriteHeader(destination, Whole, from, id, acceptedAt);
        var contentType = body.ContentType ?? "";
        destination[length] = (byte)Encoding.ASCII.GetBytes(contentType, destination[(length + 1)..]);
        length += 1 + contentType.Length;
        body.Content.Span.CopyTo(destination[length..]);
        return length + body.Content.Length;
    }

    /// <summary>Writes the stub of an entry and returns its length.</summary>
    internal static int WriteStub(Span<byte> destination, UserId from, MessageId id, long acceptedAt) =>
        WriteHeader(destination, Stub, from, id, acceptedAt);

    /// <summary>Reads a whole entry. The body is copied: <paramref name="value"/> may go afterwards.</summary>
    internal static Entry Read(ReadOnlySpan<byte> value, long sequence)
    {
        var header = ReadHeader(value, sequence);
        var rest = Content(value, out var contentType);
        return Body.TryCreate(rest.ToArray(), contentType, out var body) && !header.IsStub
            ? new Entry(new Sequence(sequence), header.Id, header.From, DateTimeOffset.FromUnixTimeMilliseconds(header.AcceptedAt), body)
            : throw Malformed(sequence);
    }

    /// <summary>The size of the content in a whole entry, in bytes.</summary>
    internal static int ContentBytes(ReadOnlySpan<byte> value) => Content(value, out _).Length;

    /// <summary>Reads all but the content.</summary>
    internal static EntryHeader ReadHeader(ReadOnlySpan<byte> value, long sequence)
    {
        if (value.Length <= SenderOffset
            || value[0] != Version
            || !MessageId.TryRead(value.Slice(IdOffset, MessageId.Bytes), out var id)
            || value.Length < SenderOffset + 1 + value[SenderOffset]
            || !UserId.TryParse(Encoding.UTF8.GetString(value.Slice(SenderOffset + 1, value[SenderOffset])), out var from))
        {
            throw Malformed(sequence);
        }

        return new EntryHeader(from, id, BinaryPrimitives.ReadInt64BigEndian(value[AcceptedAtOffset..]), value[1] == Stub);
    }

    private static int WriteHeader(Span<byte> destination, byte kind, UserId from, MessageId id, long acceptedAt)
    {
        destination[0] = Version;
        destination[1] = kind;
        BinaryPrimitives.WriteInt64BigEndian(destination[AcceptedAtOffset..], acceptedAt);
        id.WriteTo(destination[IdOffset..]);
        var sender = Encoding.UTF8.GetBytes(from.Value, destination[(SenderOffset + 1)..]);
        destination[SenderOffset] = (byte)sender;
        return SenderOffset + 1 + sender;
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> value, out string contentType)
    {
        var rest = value[(SenderOffset + 1 + value[SenderOffset])..];
        contentType = rest[0] == 0 ? "" : Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
        return rest[(1 + rest[0])..];
    }

    private static InvalidDataException Malformed(long sequence) =>
        new($"Entry {sequence} of a mailbox cannot be understood: it was damaged, or written by another version.");
}

/// <summary>An entry without its content.</summary>
/// <param name="From">The authenticated sender.</param>
/// <param name="Id">The sender's id for the message.</param>
/// <param name="AcceptedAt">When it was accepted, in milliseconds since the Unix epoch.</param>
/// <param name="IsStub">The content has been forgotten.</param>
internal readonly record struct EntryHeader(UserId From, MessageId Id, long AcceptedAt, bool IsStub);

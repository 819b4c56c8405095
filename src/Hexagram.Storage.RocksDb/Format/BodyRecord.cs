using System.Text;
using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>The body of an entry: <c>version(1) contentTypeBytes(1) contentType content</c>. A content type of no bytes means text.</summary>
internal static class BodyRecord
{
    internal const byte Version = 1;

    /// <summary>A record of at most so many bytes stands behind the entry's header, and no longer one does.</summary>
    internal const int SmallBytesMax = 512;

    private const int ContentTypeOffset = 2;

    /// <summary>The most bytes that <paramref name="body"/> takes.</summary>
    internal static int BytesMax(Body body) => ContentTypeOffset + Body.ContentTypeCharactersMax + body.Content.Length;

    /// <summary>Whether it stands behind the entry's header.</summary>
    internal static bool IsSmall(Body body) => ContentTypeOffset + (body.ContentType?.Length ?? 0) + body.Content.Length <= SmallBytesMax;

    /// <summary>Writes a body and returns its length.</summary>
    internal static int Write(Span<byte> destination, Body body)
    {
        destination[0] = Version;
        var contentTypeBytes = Encoding.ASCII.GetBytes(body.ContentType ?? "", destination[ContentTypeOffset..]);
        destination[1] = (byte)contentTypeBytes;
        body.Content.Span.CopyTo(destination[(ContentTypeOffset + contentTypeBytes)..]);
        return ContentTypeOffset + contentTypeBytes + body.Content.Length;
    }

    /// <summary>Reads a body. It is copied: <paramref name="value"/> may go afterwards.</summary>
    internal static Body Read(ReadOnlySpan<byte> value, long sequence)
    {
        // Decoding would make a question mark of a byte that is not ASCII, and so another content type.
        if (value.Length < ContentTypeOffset || value[0] != Version || value.Length < ContentTypeOffset + value[1]
            || !Ascii.IsValid(value.Slice(ContentTypeOffset, value[1])))
        {
            throw Malformed(sequence);
        }

        var content = value[(ContentTypeOffset + value[1])..].ToArray();
        return Body.TryCreate(content, Encoding.ASCII.GetString(value.Slice(ContentTypeOffset, value[1])), out var body) ? body : throw Malformed(sequence);
    }

    private static InvalidDataException Malformed(long sequence) =>
        new($"The body of entry {sequence} of a mailbox cannot be understood: it was damaged, or written by another version.");
}

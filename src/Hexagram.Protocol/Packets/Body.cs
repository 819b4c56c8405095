using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Hexagram.Protocol;

/// <summary>
/// What a message carries: text, or bytes with a content type. The bytes are not copied: whoever hands memory over
/// must not write to it again. Equal when kind and content are equal.
/// </summary>
public readonly struct Body : IEquatable<Body>
{
    /// <summary>The longest content type, in ASCII characters.</summary>
    public const int ContentTypeCharactersMax = 127;

    [ThreadStatic]
    private static IncrementalHash? _hash;

    private Body(ReadOnlyMemory<byte> content, string? contentType)
    {
        Content = content;
        ContentType = contentType;
    }

    /// <summary>The bytes; of a text, its UTF-8.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The media type of the bytes (RFC 9110 §8.3), or null for text.</summary>
    public string? ContentType { get; }

    /// <summary>Whether this is text.</summary>
    public bool IsText => ContentType is null;

    /// <summary>The text.</summary>
    /// <exception cref="InvalidOperationException">The body is bytes; see <see cref="ContentType"/>.</exception>
    public string Text => IsText
        ? Encoding.UTF8.GetString(Content.Span)
        : throw new InvalidOperationException($"This body is bytes of type {ContentType}, not text; read Content.");

    /// <summary>Text reads as a body where one is expected.</summary>
    public static implicit operator Body(string text) => FromText(text);

    /// <summary>The same content and the same kind.</summary>
    public static bool operator ==(Body left, Body right) => left.Equals(right);

    /// <summary>Another content or another kind.</summary>
    public static bool operator !=(Body left, Body right) => !left.Equals(right);

    /// <summary>A text body.</summary>
    /// <exception cref="ArgumentException">The text holds a lone surrogate and has no UTF-8 form.</exception>
    public static Body FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new Body(StrictUtf8.GetBytes(text), null);
        }
        catch (EncoderFallbackException fault)
        {
            throw new ArgumentException("The text holds a lone surrogate; send it as bytes with a content type.", nameof(text), fault);
        }
    }

    /// <summary>A body of bytes with their media type.</summary>
    /// <exception cref="ArgumentException">The type is empty, too long or not printable ASCII.</exception>
    public static Body FromBytes(ReadOnlyMemory<byte> content, string contentType) =>
        IsContentType(contentType)
            ? new Body(content, contentType)
            : throw new ArgumentException($"A content type is 1 to {ContentTypeCharactersMax} printable ASCII characters.", nameof(contentType));

    /// <summary>The body of a packet from outside: an empty <paramref name="contentType"/> means text, which must be valid UTF-8.</summary>
    public static bool TryCreate(ReadOnlyMemory<byte> content, string contentType, out Body body)
    {
        ArgumentNullException.ThrowIfNull(contentType);
        var valid = contentType.Length == 0 ? Utf8.IsValid(content.Span) : IsContentType(contentType);
        body = valid ? new Body(content, contentType.Length == 0 ? null : contentType) : default;
        return valid;
    }

    /// <summary>The same without the checks, which the caller has made.</summary>
    internal static Body OfChecked(ReadOnlyMemory<byte> content, string? contentType) => new(content, contentType);

    /// <summary>
    /// Writes the 16-byte fingerprint that tells a resend from another message under the same id:
    /// the first half of SHA-256 over content type, a zero byte and content (PROTOCOL §6).
    /// </summary>
    public void WriteFingerprint(Span<byte> destination)
    {
        Span<byte> type = stackalloc byte[ContentTypeCharactersMax + 1];
        var typeBytes = Encoding.ASCII.GetBytes(ContentType ?? "", type);
        type[typeBytes++] = 0;

        // Making one costs as much as hashing a short message, so each thread keeps its own. It is out of its place
        // while it is fed: one that an exception leaves half fed is never seen again.
        var hash = _hash ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _hash = null;
        hash.AppendData(type[..typeBytes]);
        hash.AppendData(Content.Span);
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        _hash = hash;
        whole[..16].CopyTo(destination);
    }

    /// <inheritdoc/>
    public bool Equals(Body other) => ContentType == other.ContentType && Content.Span.SequenceEqual(other.Content.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Body other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(ContentType);
        hash.AddBytes(Content.Span);
        return hash.ToHashCode();
    }

    /// <summary>The kind and the size, never the content: bodies do not belong in logs.</summary>
    public override string ToString() => $"{ContentType ?? "text"}, {Content.Length} bytes";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static bool IsContentType(string? text) =>
        text is { Length: > 0 and <= ContentTypeCharactersMax } && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}

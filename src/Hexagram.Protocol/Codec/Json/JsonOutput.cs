using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// Lays the text of one packet into an output, piece by piece, in whatever portions the output gives. Its callers write what they have found
/// to be valid, since what has been written cannot be taken back.
/// </summary>
internal ref struct JsonOutput(IBufferWriter<byte> output)
{
    private Span<byte> _rest = output.GetSpan();
    private int _used;

    /// <summary>JSON as it stands: punctuation, names, words.</summary>
    internal void Raw(scoped ReadOnlySpan<byte> json)
    {
        Room(json.Length);
        json.CopyTo(_rest);
        Use(json.Length);
    }

    internal void Id(MessageId id)
    {
        Room(MessageId.TextBytes);
        id.WriteText(_rest);
        Use(MessageId.TextBytes);
    }

    internal void User(UserId user) => Text(user.Value);

    /// <summary>The inside of a string. A lone surrogate, which has no UTF-8, becomes U+FFFD.</summary>
    internal void Text(string text)
    {
        // Names and types are short; only tokens and words for people are not.
        const int shortBytesMax = 384;
        Span<byte> utf8 = stackalloc byte[shortBytesMax];
        if (Encoding.UTF8.TryGetBytes(text, utf8, out var bytes))
        {
            Text(utf8[..bytes]);
        }
        else
        {
            Text(Encoding.UTF8.GetBytes(text));
        }
    }

    internal void Epoch(ulong epoch)
    {
        const int digits = 2 * sizeof(ulong);
        Room(digits);
        epoch.TryFormat(_rest, out _, "x16", CultureInfo.InvariantCulture);
        Use(digits);
    }

    internal void Number(long value)
    {
        const int digitsMax = 20;
        Room(digitsMax);
        Utf8Formatter.TryFormat(value, _rest, out var digits);
        Use(digits);
    }

    internal void Instant(DateTimeOffset value)
    {
        Room(JsonInstant.Bytes);
        JsonInstant.Write(value, _rest);
        Use(JsonInstant.Bytes);
    }

    /// <summary>The inside of a string. What JSON does not demand to be escaped stands for itself, so that people can read it.</summary>
    internal void Text(scoped ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var run = utf8.IndexOfAny(JsonText.Escaped);
            if (run < 0)
            {
                Copy(utf8);
                return;
            }

            Copy(utf8[..run]);
            Escape(utf8[run]);
            utf8 = utf8[(run + 1)..];
        }
    }

    /// <summary>The members that hold a body, with the quotation mark before and the comma between.</summary>
    internal void Body(Body body)
    {
        if (body.ContentType is { } type)
        {
            Raw("\",\"contentType\":\""u8);
            Text(type);
            Raw("\",\"base64\":\""u8);
            Base64(body.Content.Span);
        }
        else
        {
            Raw("\",\"text\":\""u8);
            Text(body.Content.Span);
        }

        Raw("\""u8);
    }

    internal void Base64(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            const int groupBytes = 4;
            Room(groupBytes);
            System.Buffers.Text.Base64.EncodeToUtf8(content, _rest, out var consumed, out var written);
            Use(written);
            content = content[consumed..];
        }
    }

    /// <summary>Hands what has been written to the output.</summary>
    internal void Send()
    {
        output.Advance(_used);
        _used = 0;
        _rest = default;
    }

    private void Copy(scoped ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _rest.Length)
        {
            bytes[.._rest.Length].CopyTo(_rest);
            bytes = bytes[_rest.Length..];
            Use(_rest.Length);
            Room(1);
        }

        bytes.CopyTo(_rest);
        Use(bytes.Length);
    }

    private void Escape(byte character)
    {
        switch (character)
        {
            case (byte)'"':
                Raw("\\\""u8);
                break;
            case (byte)'\\':
                Raw(@"\\"u8);
                break;
            case (byte)'\n':
                Raw(@"\n"u8);
                break;
            case (byte)'\r':
                Raw(@"\r"u8);
                break;
            case (byte)'\t':
                Raw(@"\t"u8);
                break;
            case (byte)'\b':
                Raw(@"\b"u8);
                break;
            case (byte)'\f':
                Raw(@"\f"u8);
                break;
            default:
                Raw(character < 0x10 ? @"\u000"u8 : @"\u001"u8);
                Raw("0123456789abcdef"u8.Slice(character & 0xF, 1));
                break;
        }
    }

    private void Room(int bytes)
    {
        if (_rest.Length < bytes)
        {
            output.Advance(_used);
            _used = 0;
            _rest = output.GetSpan(bytes);
        }
    }

    private void Use(int bytes)
    {
        _used += bytes;
        _rest = _rest[bytes..];
    }
}

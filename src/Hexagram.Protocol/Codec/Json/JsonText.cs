using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>What stands between the quotation marks of a JSON string (RFC 8259 §7), in both directions.</summary>
internal static class JsonText
{
    /// <summary>What JSON does not let stand for itself: the quotation mark, the backslash, and control characters below U+0020.</summary>
    internal static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    /// <summary>
    /// Resolves the escapes of a string; its bytes are UTF-8, and shorter after than before. False at an escape that JSON does not have, and at
    /// half of a surrogate pair, which is no character and has no UTF-8.
    /// </summary>
    /// <param name="escaped">The string without its quotation marks.</param>
    /// <param name="destination">At least as long as <paramref name="escaped"/>.</param>
    /// <param name="written">How many bytes the text has.</param>
    internal static bool TryUnescape(ReadOnlySpan<byte> escaped, Span<byte> destination, out int written)
    {
        written = 0;
        while (true)
        {
            var run = escaped.IndexOf((byte)'\\');
            if (run < 0)
            {
                escaped.CopyTo(destination[written..]);
                written += escaped.Length;
                return true;
            }

            escaped[..run].CopyTo(destination[written..]);
            written += run;
            escaped = escaped[run..];
            if (!TryTakeEscape(ref escaped, out var rune))
            {
                return false;
            }

            written += rune.EncodeToUtf8(destination[written..]);
        }
    }

    /// <summary>
    /// Decodes standard base64 (RFC 4648 §4) that is as every encoder writes it: with its padding, without anything between, and with 0 in the
    /// bits that it does not need.
    /// </summary>
    internal static bool TryDecodeBase64(ReadOnlySpan<byte> base64, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        if (base64.Length % 4 != 0)
        {
            return false;
        }

        var padding = base64 is [.., (byte)'=', (byte)'='] ? 2 : base64 is [.., (byte)'='] ? 1 : 0;
        var bytes = new byte[(base64.Length / 4 * 3) - padding];

        // The decoder refuses bits left over, but skips white space, which then shows as a length that is too short.
        if (Base64.DecodeFromUtf8(base64, bytes, out var consumed, out var written) != OperationStatus.Done
            || consumed != base64.Length
            || written != bytes.Length)
        {
            return false;
        }

        content = bytes;
        return true;
    }

    private static bool TryTakeEscape(ref ReadOnlySpan<byte> rest, out Rune rune)
    {
        rune = default;
        if (rest.Length < 2)
        {
            return false;
        }

        if (rest[1] != 'u')
        {
            var character = Character(rest[1]);
            rest = rest[2..];
            rune = new Rune(character);
            return character != '\0';
        }

        if (!TryTakeUnit(ref rest, out var first))
        {
            return false;
        }

        return Rune.TryCreate(first, out rune) || (TryTakeUnit(ref rest, out var second) && Rune.TryCreate(first, second, out rune));
    }

    /// <summary>The character that a short escape stands for; U+0000, which has none, when there is no such escape.</summary>
    private static char Character(byte letter) => letter switch
    {
        (byte)'"' => '"',
        (byte)'\\' => '\\',
        (byte)'/' => '/',
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        _ => '\0',
    };

    /// <summary>Takes one <c>\u0000</c>: a character, or half of a surrogate pair.</summary>
    private static bool TryTakeUnit(ref ReadOnlySpan<byte> rest, out char unit)
    {
        unit = '\0';
        if (rest.Length < 6 || rest[0] != '\\' || rest[1] != 'u')
        {
            return false;
        }

        var value = 0;
        foreach (var digit in rest[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }

            value = (value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        unit = (char)value;
        rest = rest[6..];
        return true;
    }
}

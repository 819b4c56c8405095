using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hexagram.Protocol.Identities;

/// <summary>The one rule for the text of users and devices (PROTOCOL §2): what a host calls them, within reason.</summary>
internal static class IdentityText
{
    /// <summary>
    /// Says what is wrong with <paramref name="text"/>, or null when it may be an identity:
    /// 1 to <paramref name="bytesMax"/> bytes of UTF-8, no white space, no control character, no lone surrogate.
    /// </summary>
    internal static string? Fault([NotNull] string? text, int bytesMax)
    {
        if (string.IsNullOrEmpty(text))
        {
            text ??= "";
            return "it is empty";
        }

        // Most names are printable ASCII, which breaks no rule: a byte for each character, and none that is excluded.
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return text.Length > bytesMax ? TooLong(bytesMax) : null;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            // A lone surrogate enumerates as U+FFFD; the true character U+FFFD is no name either.
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
            {
                return "it holds white space, a control character or a lone surrogate";
            }
        }

        return Encoding.UTF8.GetByteCount(text) > bytesMax ? TooLong(bytesMax) : null;
    }

    private static string TooLong(int bytesMax) => $"it is longer than {bytesMax} bytes of UTF-8";
}

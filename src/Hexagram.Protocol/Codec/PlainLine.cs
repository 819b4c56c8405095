using System.Text;

namespace Hexagram.Protocol.Codec;

/// <summary>Text for people inside packets: one line of bounded length, safe for a log or a terminal (PROTOCOL §3).</summary>
internal static class PlainLine
{
    internal static bool Fits(string text, int bytesMax)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                return false;
            }
        }

        return Encoding.UTF8.GetByteCount(text) <= bytesMax;
    }

    /// <summary>Makes any text fit: control characters become spaces, and what is too long is cut at a whole character.</summary>
    internal static string Fit(string text, int bytesMax)
    {
        if (Fits(text, bytesMax))
        {
            return text;
        }

        var line = new StringBuilder();
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > bytesMax)
            {
                break;
            }

            line.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return line.ToString();
    }
}

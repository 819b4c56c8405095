using System.Text;

namespace Hexagram.Cli.Texts;

/// <summary>
/// Text from other people on a terminal. What a terminal would obey (escape sequences, carriage returns, direction overrides) is shown
/// instead, and further lines are set in, so that nobody can draw over the screen or write a line in another's name.
/// </summary>
internal static class SafeText
{
    /// <summary>Set in before each line of a text but its first.</summary>
    public const string Indent = "    ";

    /// <summary><paramref name="text"/> as it may stand on a terminal.</summary>
    public static string Show(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                shown.Append('\n').Append(Indent);
            }
            else if (rune.Value == '\t')
            {
                shown.Append('\t');
            }
            else if (rune.Value < 0x20)
            {
                // The control pictures of Unicode: ␀ to ␟.
                shown.Append((char)(0x2400 + rune.Value));
            }
            else if (Rune.IsControl(rune) || IsDirection(rune.Value) || rune.Value is 0x2028 or 0x2029)
            {
                shown.Append('\uFFFD');
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.ToString();
    }

    private static bool IsDirection(int rune) => rune is >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069;
}

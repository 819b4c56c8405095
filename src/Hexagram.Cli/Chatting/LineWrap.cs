using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Hexagram.Cli.Chatting;

/// <summary>Text cut into rows of a terminal, by the columns that it takes there: 你 takes two. Words stay whole where they can.</summary>
internal static class LineWrap
{
    private const string Tab = "    ";

    /// <summary>The rows of <paramref name="text"/>, at least one. Line ends in it begin a new row.</summary>
    /// <param name="text">What may stand on a terminal as it is, but for line ends and tabs.</param>
    /// <param name="width">Columns; 2 or more, so that everything fits somewhere.</param>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        var rows = new List<string>();
        foreach (var line in text.Replace("\t", Tab, StringComparison.Ordinal).Split('\n'))
        {
            WrapLine(line, Math.Max(2, width), rows);
        }

        return rows;
    }

    /// <summary>The columns that <paramref name="text"/> takes.</summary>
    public static int WidthOf(string text) => text.GetCellWidth();

    /// <summary>The end of <paramref name="text"/> that fits into so many columns.</summary>
    public static string TakeEnd(string text, int width)
    {
        var elements = Elements(text);
        var from = elements.Count;
        for (var taken = 0; from > 0 && (taken += WidthOf(elements[from - 1])) <= width;)
        {
            from--;
        }

        return string.Concat(elements.Skip(from));
    }

    /// <summary>The beginning of <paramref name="text"/> that fits into so many columns.</summary>
    public static string TakeBeginning(string text, int width)
    {
        var taken = 0;
        return string.Concat(Elements(text).TakeWhile(element => (taken += WidthOf(element)) <= width));
    }

    /// <summary>What a person takes for one character, which is never cut.</summary>
    public static IReadOnlyList<string> Elements(string text)
    {
        var elements = new List<string>();
        var walk = StringInfo.GetTextElementEnumerator(text);
        while (walk.MoveNext())
        {
            elements.Add(walk.GetTextElement());
        }

        return elements;
    }

    private static void WrapLine(string line, int width, List<string> rows)
    {
        var row = new StringBuilder();
        var taken = 0;
        var afterBlank = 0;
        foreach (var element in Elements(line))
        {
            var columns = WidthOf(element);
            while (taken + columns > width && row.Length > 0)
            {
                // Back to the last blank, if there is one in this row; what follows it may be too wide with this character as well.
                var rest = row.ToString(afterBlank, afterBlank > 0 ? row.Length - afterBlank : 0);
                rows.Add(row.ToString(0, row.Length - rest.Length).TrimEnd(' '));
                row.Clear().Append(rest);
                taken = WidthOf(rest);
                afterBlank = 0;
            }

            row.Append(element);
            taken += columns;
            if (element == " ")
            {
                afterBlank = row.Length;
            }
        }

        rows.Add(row.ToString());
    }
}

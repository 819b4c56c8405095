using Hexagram.Cli.Texts;
using Hexagram.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hexagram.Cli.Drawing;

/// <summary>
/// One message's hexagram for people: six lines from the bottom up, a broken one for what has not happened and a whole one for what has,
/// a ring in the one that the server forged.
/// </summary>
internal static class Figure
{
    private const string Whole = "━━━━━━━━━";
    private const string Broken = "━━━   ━━━";
    private const string Ringed = "━━━ ○ ━━━";

    /// <summary>What a row with the longest meaning takes, without the names of the two.</summary>
    private const int WidthWithMeanings = 76;

    /// <summary>Draws the figure as it stands.</summary>
    /// <param name="id">The message.</param>
    /// <param name="words">Whose message it is.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="remark">Stands below the figure; empty for none.</param>
    /// <param name="width">Columns of the terminal. Where it is narrow, the lines' meanings are left out.</param>
    public static IRenderable Draw(MessageId id, LineWords words, SixLines lines, string remark, int width)
    {
        var begin = lines[1]?.At ?? DateTimeOffset.MaxValue;
        var columns = width >= WidthWithMeanings + words.From.Value.Length + words.To.Value.Length ? 5 : 4;
        var grid = new Grid { Expand = false };
        for (var column = 0; column < columns; column++)
        {
            grid.AddColumn(new GridColumn().NoWrap().PadLeft(column == 0 ? 2 : 0).PadRight(2));
        }

        for (var number = SixLines.Names.Count; number >= 1; number--)
        {
            var line = lines[number];
            var (shape, style) = line?.How switch
            {
                null => (Broken, "grey"),
                Lighting.Forged => (Ringed, "yellow"),
                _ => (Whole, number <= 3 ? "aqua" : "green"),
            };
            var (from, to) = words.Way(number);
            IRenderable[] cells =
            [
                new Markup($"[{style}]{number}  {shape}[/]"),
                new Markup($"[{(line is null ? "grey" : "bold")}]{SixLines.Names[number - 1]}[/]"),
                new Text(SafeText.Show($"{from} → {to}"), line is null ? Color.Grey : Style.Plain),
                new Text(line is { How: not Lighting.Proven } lit ? LineWords.After(begin, lit) : "", Color.Grey),
                new Text(SafeText.Show(line is { } known ? words.Meaning(known) : ""), Color.Grey),
            ];
            grid.AddRow(cells[..columns]);
        }

        var head = new Text($"{id}  {SafeText.Show(words.From.Value)} → {SafeText.Show(words.To.Value)}", Color.Grey);
        return remark.Length == 0
            ? new Rows(head, Text.Empty, grid)
            : new Rows(head, Text.Empty, grid, new Text(remark, Color.Yellow));
    }
}

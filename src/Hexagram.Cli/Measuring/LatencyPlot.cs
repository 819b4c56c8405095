using System.Globalization;
using Hexagram.Bench.Measuring;
using Hexagram.Cli.Output;

namespace Hexagram.Cli.Measuring;

/// <summary>Draws how latencies are spread, a line per range; each range reaches a good third further than the one before.</summary>
internal static class LatencyPlot
{
    private const int Width = 60;
    private const double Step = 1.4;

    /// <summary>Less than this share of all is drawn at the ends only as the line that they end in.</summary>
    private const double ShareLeast = 0.0005;

    /// <summary>Draws them, from the first per mille to the last.</summary>
    public static void Draw(Latencies latencies, Screen screen)
    {
        var ranges = new List<(TimeSpan From, TimeSpan To, double Share)>();
        var last = latencies.Percentile(100);
        for (var (from, to) = (TimeSpan.Zero, latencies.Percentile(100 * ShareLeast)); from < last; (from, to) = (to, to * Step))
        {
            var share = (double)latencies.CountBetween(from, to) / latencies.Count;
            ranges.Add((from, to, share));
        }

        while (ranges.Count > 1 && ranges[^1].Share < ShareLeast)
        {
            ranges[^2] = (ranges[^2].From, ranges[^1].To, ranges[^2].Share + ranges[^1].Share);
            ranges.RemoveAt(ranges.Count - 1);
        }

        screen.Line("");
        var most = ranges.Max(range => range.Share);
        foreach (var (_, to, share) in ranges)
        {
            var bar = new string('█', (int)Math.Round(share / most * Width));
            screen.Markup(string.Create(CultureInfo.InvariantCulture, $"  [grey]≤ {to.TotalMilliseconds,9:0.000} ms[/]  [green]{bar}[/] {share * 100:0.0} %"));
        }
    }
}

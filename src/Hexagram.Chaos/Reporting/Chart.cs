using System.Globalization;
using System.Text;

namespace Hexagram.Chaos.Reporting;

/// <summary>The time axis that all charts of a page share, and what is drawn on it, as SVG.</summary>
/// <param name="seconds">How long the axis is.</param>
internal sealed class Chart(double seconds)
{
    /// <summary>The width of the drawing; the page scales it.</summary>
    public const int Width = 1_000;

    private const int Left = 92;
    private const int Right = 28;
    private static readonly double[] Steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

    private readonly StringBuilder _svg = new();

    /// <summary>Where a moment is.</summary>
    public double X(double second) => Left + ((Width - Left - Right) * Math.Clamp(second / seconds, 0, 1));

    /// <summary>A label for a row, left of the axis.</summary>
    public Chart Label(double y, string text)
    {
        _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y:0.#}\" class=\"label\">{HtmlReport.Escape(text)}</text>");
        return this;
    }

    /// <summary>A line of the grid across the whole width.</summary>
    public Chart Rule(double y)
    {
        _svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {y:0.#}H{Width - Right}\" class=\"rule\"/>");
        return this;
    }

    /// <summary>A curve through points in time; an area down to <paramref name="floor"/> if one is given.</summary>
    public Chart Curve(IEnumerable<(double Second, double Y)> points, string style, double? floor = null)
    {
        var path = new StringBuilder();
        var (first, last) = (double.NaN, 0.0);
        foreach (var (second, y) in points)
        {
            path.Append(CultureInfo.InvariantCulture, $"{(path.Length == 0 ? 'M' : 'L')}{X(second):0.#} {y:0.#}");
            first = double.IsNaN(first) ? X(second) : first;
            last = X(second);
        }

        if (path.Length > 0)
        {
            if (floor is { } bottom)
            {
                path.Append(CultureInfo.InvariantCulture, $"L{last:0.#} {bottom:0.#}L{first:0.#} {bottom:0.#}Z");
            }

            _svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" class=\"{style}\"/>");
        }

        return this;
    }

    /// <summary>A span of time in a row, at least as wide as can be seen, with words that show when it is pointed at.</summary>
    public Chart Span(double from, double to, double y, double height, string style, string words)
    {
        var width = Math.Max(X(to) - X(from), 2);
        _svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect x=\"{X(from):0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" rx=\"1\" class=\"{style}\"><title>{HtmlReport.Escape(words)}</title></rect>");
        return this;
    }

    /// <summary>The moments along the axis, with a line upwards from each.</summary>
    public Chart Times(double top, double bottom)
    {
        var step = Steps.FirstOrDefault(step => seconds / step <= 12, Steps[^1]);
        for (var second = 0.0; second <= seconds; second += step)
        {
            var words = step < 60 ? $"{second:0} s" : $"{second / 60:0.#} min";
            _svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{X(second):0.#} {top:0.#}V{bottom:0.#}\" class=\"rule\"/>");
            _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(second):0.#}\" y=\"{bottom + 16:0.#}\" class=\"time\">{words}</text>");
        }

        return this;
    }

    /// <summary>The drawing.</summary>
    public string ToSvg(double height, string description) => string.Create(
        CultureInfo.InvariantCulture,
        $"<svg viewBox=\"0 0 {Width} {height:0}\" role=\"img\" aria-label=\"{HtmlReport.Escape(description)}\">{_svg}</svg>");
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Hexagram.Server.Configuration;

/// <summary>Lengths of time as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>, <c>7d</c>, <c>1h30m</c>.</summary>
public static partial class Duration
{
    /// <summary>How a duration is written, for messages.</summary>
    public const string Form = "a duration is a number and a unit (ms, s, m, h or d), such as 30s, 5m, 1h or 7d";

    /// <summary>The longest that can be asked for: a hundred years.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(36_500);

    /// <summary>False unless <paramref name="text"/> is more than nothing and at most <see cref="Max"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var match = Whole().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var milliseconds = 0.0;
        for (var part = 0; part < match.Groups["number"].Captures.Count; part++)
        {
            milliseconds += double.Parse(match.Groups["number"].Captures[part].Value, CultureInfo.InvariantCulture)
                * MillisecondsPer(match.Groups["unit"].Captures[part].Value);
        }

        if (milliseconds > Max.TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(milliseconds);
        return duration > TimeSpan.Zero;
    }

    /// <summary>The shortest form that reads back as the same.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        _ when duration.Ticks % TimeSpan.TicksPerDay == 0 => Invariant($"{duration.Ticks / TimeSpan.TicksPerDay}d"),
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => Invariant($"{duration.Ticks / TimeSpan.TicksPerHour}h"),
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => Invariant($"{duration.Ticks / TimeSpan.TicksPerMinute}m"),
        _ when duration.Ticks % TimeSpan.TicksPerSecond == 0 => Invariant($"{duration.Ticks / TimeSpan.TicksPerSecond}s"),
        _ => Invariant($"{duration.TotalMilliseconds:0.####}ms"),
    };

    private static double MillisecondsPer(string unit) => unit switch
    {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 86_400_000,
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    [GeneratedRegex(@"^(?:(?<number>[0-9]{1,15}(?:\.[0-9]{1,6})?)(?<unit>ms|s|m|h|d))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

using System.Globalization;
using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Runs;
using Hexagram.Checking;
using Hexagram.Cli.Output;
using Hexagram.Cli.Texts;
using Spectre.Console;

namespace Hexagram.Cli.Disturbing;

/// <summary>Says what came of a chaos run, in words and in JSON.</summary>
internal static class ChaosWords
{
    private const int FindingsShown = 20;

    /// <summary>The verdict, and what it rests on.</summary>
    public static void Print(ChaosReport report, Screen screen)
    {
        if (screen.IsJson)
        {
            PrintJson(report, screen);
            return;
        }

        var verdict = report.Verdict;
        screen.Line("");
        foreach (var finding in verdict.Findings.Take(FindingsShown))
        {
            screen.Markup($"[red]{Markup.Escape(SafeText.Show($"{Seconds(finding.At)} s  {finding}"))}[/]");
        }

        if (verdict.Findings.Count > FindingsShown)
        {
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"… and {verdict.Findings.Count - FindingsShown:N0} more."));
        }

        foreach (var trouble in report.Troubles)
        {
            screen.Markup($"[red]{Markup.Escape(SafeText.Show(trouble))}[/]");
        }

        foreach (var fault in report.Missed)
        {
            screen.Markup($"[red]{FaultNames.NameOf(fault)} never struck: give it more time, more clients or a higher rate.[/]");
        }

        // The panel on a terminal has told them already.
        if (report.Settings.Faults.Count > 0 && screen.Console is null)
        {
            screen.Line("faults        " + string.Join(", ", report.Faults.Select(count => $"{FaultNames.NameOf(count.Fault)} {count.Times}")));
        }

        if (report.Settings.Nodes > 1)
        {
            screen.Line($"nodes         {report.Settings.Nodes}; declared dead by the others, ended and started again: {report.DeclaredDead}");
        }

        screen.Line(string.Create(CultureInfo.InvariantCulture, $"messages      {verdict.Sent:N0} sent, {verdict.Delivered:N0} confirmed to their senders, {verdict.Effects:N0} effects at their recipients"));
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"confirmation  half within {Words(report.P50)}, 99% within {Words(report.P99)}, all within {Words(report.Longest)}, faults included"));
        screen.Line(report.Settled is { } settled
            ? string.Create(CultureInfo.InvariantCulture, $"at rest       {Words(settled)} after the last fault; seed {report.Settings.Seed}")
            : string.Create(CultureInfo.InvariantCulture, $"at rest       never, within {Words(report.Settings.Bound)} after the last fault; seed {report.Settings.Seed}"));
        screen.Markup(string.Join("   ", Enum.GetValues<Breach>().Select(breach =>
            $"[{(verdict.Count(breach) == 0 ? "green" : "red bold")}]{NameOf(breach)} {verdict.Count(breach).ToString("N0", CultureInfo.InvariantCulture)}[/]")));
        screen.Markup(report.HasPassed ? "[green bold]Every promise was kept.[/]" : "[red bold]This run has not passed.[/]");
    }

    /// <summary>One fault.</summary>
    public static void PrintJson(Strike strike, Screen screen) => screen.Json(json =>
    {
        json.WriteString("fault", FaultNames.NameOf(strike.Fault));
        json.WriteNumber("from", Math.Round(strike.From.TotalSeconds, 3));
        json.WriteNumber("to", Math.Round(strike.To.TotalSeconds, 3));
        json.WriteNumber("struck", strike.Struck);
        json.WriteString("what", strike.What);
    });

    /// <summary>How a breach is called in results: <c>lost</c>, <c>doubled</c>, <c>reordered</c>, <c>lies</c> or <c>stuck</c>.</summary>
    public static string NameOf(Breach breach) => breach == Breach.Lie ? "lies" : breach.ToString().ToLowerInvariant();

    private static void PrintJson(ChaosReport report, Screen screen) => screen.Json(json =>
    {
        json.WriteBoolean("passed", report.HasPassed);
        json.WriteNumber("sent", report.Verdict.Sent);
        foreach (var breach in Enum.GetValues<Breach>())
        {
            json.WriteNumber(NameOf(breach), report.Verdict.Count(breach));
        }

        json.WriteNumber("delivered", report.Verdict.Delivered);
        json.WriteNumber("effects", report.Verdict.Effects);
        json.WriteNumber("declaredDead", report.DeclaredDead);
        json.WriteNumber("seed", report.Settings.Seed);
        json.WriteNumber("seconds", Math.Round(report.Trouble.TotalSeconds, 3));
        json.WriteStartObject("confirmationMs");
        json.WriteNumber("p50", Math.Round(report.P50.TotalMilliseconds, 3));
        json.WriteNumber("p99", Math.Round(report.P99.TotalMilliseconds, 3));
        json.WriteNumber("max", Math.Round(report.Longest.TotalMilliseconds, 3));
        json.WriteEndObject();
        if (report.Settled is { } settled)
        {
            json.WriteNumber("settledSeconds", Math.Round(settled.TotalSeconds, 3));
        }
        else
        {
            json.WriteNull("settledSeconds");
        }

        json.WriteStartObject("faults");
        foreach (var count in report.Faults)
        {
            json.WriteStartObject(FaultNames.NameOf(count.Fault));
            json.WriteNumber("times", count.Times);
            json.WriteNumber("struck", count.Struck);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (var finding in report.Verdict.Findings.Take(FindingsShown))
        {
            json.WriteStringValue($"{Seconds(finding.At)} s  {finding}");
        }

        json.WriteEndArray();
        json.WriteStartArray("troubles");
        foreach (var trouble in report.Troubles)
        {
            json.WriteStringValue(trouble);
        }

        json.WriteEndArray();
    });

    private static string Seconds(TimeSpan at) => at.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan length) => length < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{length.TotalMilliseconds:0.0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.0} s");
}

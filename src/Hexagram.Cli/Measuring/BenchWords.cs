using System.Globalization;
using System.Text.Json;
using Hexagram.Bench.Runs;
using Hexagram.Cli.Output;
using Hexagram.Processes;
using Spectre.Console;

namespace Hexagram.Cli.Measuring;

/// <summary>Says what came of a run of measurements, in words and in JSON.</summary>
internal static class BenchWords
{
    /// <summary>The verdict, and all figures.</summary>
    public static void Print(BenchReport report, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(json => Write(report, json));
            return;
        }

        foreach (var finding in report.Findings.Texts)
        {
            screen.Markup($"[red]{Markup.Escape(finding)}[/]");
        }

        foreach (var part in Parts(report))
        {
            screen.Line("");
            screen.Markup($"[bold]{report.Settings.Name}{(report.Settings.Transport == Transport.Tcp ? "" : $" over {report.Settings.Transport.Name()}")}: {part.Phase} of the {part.Target}[/]{(part.Results.Count > 1 ? $" (median of {part.Results.Count} runs; least and most)" : "")}");
            foreach (var figure in Figure.All)
            {
                if (figure.Over(part.Results) is var (median, least, most))
                {
                    var spread = part.Results.Count > 1 ? $"   {Number(figure, least)} – {Number(figure, most)}" : "";
                    screen.Line($"  {figure.Words,-36}{Number(figure, median),14} {figure.Unit,-4}{spread}".TrimEnd());
                }
            }

            if (part.Results[^1].Latencies is { Count: > 0 } latencies)
            {
                LatencyPlot.Draw(latencies, screen);
            }
        }

        PrintRatios(report, RunResult.ServerWithTls, RunResult.Server, "the server with TLS beside the server without", screen);
        PrintRatios(report, RunResult.Server, RunResult.Floor, "the server beside the floor", screen);

        if (report.Findings.IsClean && report.Settings.Scenario is (Scenario.Idle or Scenario.Startup))
        {
            return;
        }

        screen.Line("");
        screen.Markup(report.Findings.IsClean
            ? "[green bold]Every message arrived once and in order.[/]"
            : $"[red bold]This run has not passed: {report.Findings.Count.ToString("N0", CultureInfo.InvariantCulture)} findings.[/]");
    }

    private static void PrintRatios(BenchReport report, string target, string other, string words, Screen screen)
    {
        var ratios = Ratios(report, target, other).ToList();
        if (ratios.Count == 0)
        {
            return;
        }

        screen.Line("");
        screen.Markup($"[bold]{words}[/]");
        foreach (var (figure, ratio) in ratios)
        {
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"  {figure.Words.Trim(),-36}{ratio,14:N2} ×"));
        }
    }

    private static void Write(BenchReport report, Utf8JsonWriter json)
    {
        var settings = report.Settings;
        json.WriteString("scenario", settings.Name);
        json.WriteBoolean("passed", report.Findings.IsClean);
        json.WriteStartArray("findings");
        foreach (var finding in report.Findings.Texts)
        {
            json.WriteStringValue(finding);
        }

        json.WriteEndArray();
        WriteSettings(settings, json);
        json.WriteStartArray("results");
        foreach (var part in Parts(report))
        {
            json.WriteStartObject();
            json.WriteString("target", part.Target);
            json.WriteString("phase", part.Phase);
            Write(part.Results, json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteRatios(report, RunResult.Server, RunResult.Floor, "ratio", json);
        WriteRatios(report, RunResult.ServerWithTls, RunResult.Server, "tlsRatio", json);
    }

    private static void WriteRatios(BenchReport report, string target, string other, string name, Utf8JsonWriter json)
    {
        var ratios = Ratios(report, target, other).ToList();
        if (ratios.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (figure, ratio) in ratios)
        {
            json.WriteNumber(figure.Name, Math.Round(ratio, 3));
        }

        json.WriteEndObject();
    }

    /// <summary>What means something in the scenario.</summary>
    private static void WriteSettings(BenchSettings settings, Utf8JsonWriter json)
    {
        json.WriteNumber("runs", settings.Repeat);
        if (settings.Scenario is Scenario.Traffic or Scenario.Backlog)
        {
            json.WriteString("client", NameOf(settings.Client));
            json.WriteString("transport", settings.Transport.Name());
            json.WriteNumber("senders", settings.Senders);
            json.WriteNumber("recipients", settings.Recipients);
            json.WriteNumber("bodyBytes", settings.BodyBytes);
            if (settings.Pace.PerSecond is { } perSecond)
            {
                json.WriteNumber("rate", perSecond);
            }
            else
            {
                json.WriteNumber("window", settings.Pace.Window);
            }
        }

        if (settings.Mailboxes > 0)
        {
            json.WriteNumber("mailboxes", settings.Mailboxes);
            json.WriteNumber("entries", Math.Max(settings.Entries, settings.Mailboxes));
        }
    }

    private static void Write(IReadOnlyList<PhaseResult> results, Utf8JsonWriter json)
    {
        foreach (var figure in Figure.All)
        {
            if (figure.Over(results) is var (median, least, most))
            {
                json.WriteNumber(figure.Name, Math.Round(median, figure.Decimals));
                if (results.Count > 1)
                {
                    json.WriteStartArray($"{figure.Name}Spread");
                    json.WriteNumberValue(Math.Round(least, figure.Decimals));
                    json.WriteNumberValue(Math.Round(most, figure.Decimals));
                    json.WriteEndArray();
                }
            }
        }
    }

    /// <summary>The name of a client on the command line and in results.</summary>
    public static string NameOf(LoadClient client) => client switch
    {
        LoadClient.Wire => "wire",
        LoadClient.Sdk => "sdk",
        _ => "sdk-durable",
    };

    /// <summary>The same part of all runs together, in the order in which they were measured.</summary>
    private static IEnumerable<(string Target, string Phase, IReadOnlyList<PhaseResult> Results)> Parts(BenchReport report) =>
        from run in report.Runs
        from phase in run.Phases
        group phase by (run.Target, phase.Name) into part
        select (part.Key.Target, part.Key.Name, (IReadOnlyList<PhaseResult>)[.. part]);

    /// <summary>The figures of one target over those of another, medians both; none where one of them was not measured.</summary>
    private static IEnumerable<(Figure Figure, double Ratio)> Ratios(BenchReport report, string target, string other) =>
        from part in Parts(report)
        join under in Parts(report) on part.Phase equals under.Phase
        where part.Target == target && under.Target == other
        from figure in Figure.Compared
        let ratio = figure.Over(part.Results)?.Median / figure.Over(under.Results)?.Median
        where ratio is not null
        select (figure, ratio.Value);

    private static string Number(Figure figure, double value) => value.ToString($"N{figure.Decimals}", CultureInfo.InvariantCulture);
}

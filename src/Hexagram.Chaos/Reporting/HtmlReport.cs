using System.Globalization;
using System.Net;
using System.Text;
using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Runs;
using Hexagram.Checking;
using Hexagram.Processes;

namespace Hexagram.Chaos.Reporting;

/// <summary>A chaos run as one HTML page that needs nothing else: the verdict, the faults in time, throughput, and how long confirmations took.</summary>
public static class HtmlReport
{
    private const int PointsMax = 400;
    private const int FindingsMax = 200;
    private const double ChartHeight = 150;
    private const double RowHeight = 15;

    /// <summary>Writes the page.</summary>
    /// <param name="report">The run.</param>
    /// <param name="version">Of the program.</param>
    public static string Write(ChaosReport report, string version)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new StringBuilder();
        var verdict = report.Verdict;
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Hexagram chaos: {(report.HasPassed ? "every promise was kept" : "not passed")}</title>
            <style>{Style}</style>
            </head>
            <body>
            <header class="{(report.HasPassed ? "kept" : "broken")}">
            <h1>{(report.HasPassed ? "Every promise was kept" : "This run has not passed")}</h1>
            <p>{Number(verdict.Sent)} messages among {Number(report.Settings.Clients)} devices, disturbed {Number(report.Strikes.Count)} times in {Words(report.Trouble)}</p>
            </header>
            <ul class="counts">

            """);
        foreach (var breach in Enum.GetValues<Breach>())
        {
            var count = verdict.Count(breach);
            page.Append(CultureInfo.InvariantCulture, $"<li class=\"{(count == 0 ? "none" : "some")}\"><b>{Number(count)}</b>{(breach == Breach.Lie ? "lies" : breach.ToString().ToLowerInvariant())}</li>\n");
        }

        page.Append("</ul>\n");
        AppendWrongs(page, report);
        AppendCharts(page, report);
        AppendFaults(page, report);
        AppendFacts(page, report, version);
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>Text as it may stand in a page.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void AppendWrongs(StringBuilder page, ChaosReport report)
    {
        var wrongs = report.Verdict.Findings.Take(FindingsMax).Select(finding => $"{Words(finding.At)}: {finding}")
            .Concat(report.Troubles)
            .Concat(report.Missed.Select(fault => $"{FaultNames.NameOf(fault)} never struck"))
            .ToList();
        if (wrongs.Count == 0)
        {
            return;
        }

        page.Append("<section><h2>What was wrong</h2><ol class=\"wrongs\">\n");
        foreach (var wrong in wrongs)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Escape(wrong)}</li>\n");
        }

        page.Append("</ol></section>\n");
    }

    private static void AppendCharts(StringBuilder page, ChaosReport report)
    {
        var seconds = Math.Max(report.Timeline.Count, 1);
        var points = Gather(report.Timeline);
        page.Append(CultureInfo.InvariantCulture, $"""
            <section><h2>Messages per second</h2>
            <p class="key"><span class="sent"></span>sent <span class="delivered"></span>confirmed to their senders</p>
            {Throughput(points, seconds)}</section>
            <section><h2>From call to confirmation</h2>
            <p class="key"><span class="p50"></span>half within <span class="p99"></span>99% within</p>
            {Confirmations(points, seconds)}</section>
            <section><h2>Faults</h2>
            {Faults(report, seconds)}</section>

            """);
    }

    private static string Throughput(IReadOnlyList<Point> points, double seconds)
    {
        var most = Math.Max(1, points.Max(point => Math.Max(point.Sent, point.Delivered)));
        double Y(double count) => 10 + (ChartHeight * (1 - (count / most)));
        return new Chart(seconds)
            .Times(10, 10 + ChartHeight)
            .Rule(Y(most)).Label(Y(most) + 4, Number((long)most)).Rule(Y(most / 2)).Label(Y(most / 2) + 4, Number((long)(most / 2))).Rule(Y(0)).Label(Y(0) + 4, "0")
            .Curve(points.Select(point => (point.Second, Y(point.Delivered))), "delivered", Y(0))
            .Curve(points.Select(point => (point.Second, Y(point.Sent))), "sent")
            .ToSvg(ChartHeight + 34, "Messages sent and confirmed per second");
    }

    /// <summary>On a logarithmic axis: a fault makes them longer by orders of magnitude.</summary>
    private static string Confirmations(IReadOnlyList<Point> points, double seconds)
    {
        var most = Math.Ceiling(Math.Log10(Math.Max(10, points.Max(point => point.P99))));
        double Y(double milliseconds) => 10 + (ChartHeight * (1 - (Math.Log10(Math.Max(1, milliseconds)) / most)));
        var chart = new Chart(seconds).Times(10, 10 + ChartHeight);
        for (var power = 0; power <= most; power++)
        {
            var milliseconds = Math.Pow(10, power);
            chart.Rule(Y(milliseconds)).Label(Y(milliseconds) + 4, Words(TimeSpan.FromMilliseconds(milliseconds)));
        }

        var measured = points.Where(point => point.Delivered > 0).ToList();
        return chart
            .Curve(measured.Select(point => (point.Second, Y(point.P99))), "p99")
            .Curve(measured.Select(point => (point.Second, Y(point.P50))), "p50")
            .ToSvg(ChartHeight + 34, "Time from the call to the confirmation");
    }

    private static string Faults(ChaosReport report, double seconds)
    {
        var chart = new Chart(seconds);
        var y = 4.0;
        foreach (var count in report.Faults)
        {
            chart.Label(y + 11, FaultNames.NameOf(count.Fault)).Rule(y + RowHeight);
            foreach (var strike in report.Strikes.Where(strike => strike.Fault == count.Fault))
            {
                chart.Span(
                    strike.From.TotalSeconds, strike.To.TotalSeconds, y + 2, RowHeight - 4, StyleOf(strike.Fault), $"{Words(strike.From)}: {strike.What}");
            }

            y += RowHeight;
        }

        return chart.Times(4, y).ToSvg(y + 24, "When each fault struck");
    }

    private static void AppendFaults(StringBuilder page, ChaosReport report)
    {
        page.Append("<section><h2>How often</h2><table><thead><tr><th>fault</th><th>times</th><th>struck</th><th>what it did, the first time</th></tr></thead><tbody>\n");
        foreach (var count in report.Faults)
        {
            var first = report.Strikes.FirstOrDefault(strike => strike.Fault == count.Fault)?.What ?? "never struck";
            page.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td><span class=\"{StyleOf(count.Fault)}\"></span>{FaultNames.NameOf(count.Fault)}</td><td>{Number(count.Times)}</td><td>{Number(count.Struck)}</td><td>{Escape(first)}</td></tr>\n");
        }

        page.Append("</tbody></table><p class=\"remark\">Struck: processes, connections, packets, or writes that came later, slower, in pieces or together.</p></section>\n");
    }

    /// <summary>The command that repeats the run. What is the default is left out of it.</summary>
    private static string Again(ChaosSettings settings)
    {
        var words = new List<string> { $"hexagram chaos --duration {(long)settings.Duration.TotalSeconds}s --clients {settings.Clients} --rate {settings.Rate} --seed {settings.Seed}" };
        if (settings.Nodes > 1)
        {
            words.Add($"--nodes {settings.Nodes}");
        }

        if (settings.Transports is [var only])
        {
            words.Add($"--transport {only.Name()}");
        }

        if (settings.WithTls)
        {
            words.Add("--tls");
        }

        if (FaultReach.Within(settings.Nodes, settings.Transports, settings.WithTls).Except(settings.Faults).Any())
        {
            words.Add($"--faults {(settings.Faults.Count == 0 ? "none" : string.Join(',', settings.Faults.Select(FaultNames.NameOf)))}");
        }

        return string.Join(' ', words);
    }

    private static void AppendFacts(StringBuilder page, ChaosReport report, string version)
    {
        var settings = report.Settings;
        page.Append(CultureInfo.InvariantCulture, $"""
            <section><h2>The run</h2><dl>
            <dt>Sent</dt><dd>{Number(report.Verdict.Sent)} messages whose SendAsync returned</dd>
            <dt>Confirmed</dt><dd>{Number(report.Verdict.Delivered)} to their senders, and {Number(report.Verdict.Effects)} effects on the recipients' devices</dd>
            <dt>Confirmation</dt><dd>half within {Words(report.P50)}, 99% within {Words(report.P99)}, all within {Words(report.Longest)}, faults included</dd>
            <dt>At rest</dt><dd>{(report.Settled is { } settled ? $"{Words(settled)} after the last fault" : $"never, within {Words(settings.Bound)} after the last fault")}</dd>
            <dt>Began</dt><dd>{report.StartedAt:yyyy-MM-dd HH:mm:ss} UTC</dd>
            <dt>Program</dt><dd>hexagram {Escape(version)}</dd>
            <dt>Again</dt><dd><code>{Again(settings)}</code></dd>
            </dl>
            <p class="remark">Every client's handler commits its effect in one transaction with its inbox; what was called and told is compared with those effects and with the
            entries on the server's disk. <i>Lost</i>: sent, and nowhere any more. <i>Doubled</i>: two effects of one message. <i>Reordered</i>: after a later one of its sender. <i>Lies</i>:
            accepted and not on the disk, delivered before the recipient had it, a message that nobody has sent. <i>Stuck</i>: still waiting, late, or its sender never told, after the last fault.</p>
            </section>

            """);
    }

    /// <summary>As many points as can be told apart: the mean of what was counted, the worst of what was measured.</summary>
    private static List<Point> Gather(IReadOnlyList<TimelineSecond> timeline)
    {
        var size = Math.Max(1, (int)Math.Ceiling((double)timeline.Count / PointsMax));
        var points = timeline
            .Chunk(size)
            .Select((seconds, index) => new Point(
                (index * size) + (seconds.Length / 2.0),
                seconds.Average(second => second.Sent),
                seconds.Average(second => second.Delivered),
                seconds.Max(second => second.P50.TotalMilliseconds),
                seconds.Max(second => second.P99.TotalMilliseconds)))
            .ToList();
        return points.Count == 0 ? [new Point(0, 0, 0, 0, 0)] : points;
    }

    private static string StyleOf(Fault fault) => fault switch
    {
        <= Fault.RestartServer => "server",
        <= Fault.Clock => "client",
        <= Fault.Merge => "link",
        _ => "packet",
    };

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan length) => length switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{length.TotalMilliseconds:0.#} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.#} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{length.TotalMinutes:0.#} min"),
    };

    private readonly record struct Point(double Second, double Sent, double Delivered, double P50, double P99);

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c1f24; --soft: #667080; --line: #e3e6ea; --paper: #fff; --good: #1a7f4b; --bad: #b3261e;
          --sent: #8a94a3; --delivered: #1a7f4b; --p50: #2563b8; --p99: #c2571a; --server: #b3261e; --client: #8546b5; --link: #2563b8; --packet: #c2571a; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #98a1ad; --line: #2b3037; --paper: #14171b; --good: #4cc38a; --bad: #ff7a70;
          --sent: #79828f; --delivered: #4cc38a; --p50: #6ea8f5; --p99: #f0975b; --server: #ff7a70; --client: #c595ec; --link: #6ea8f5; --packet: #f0975b; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1060px; padding: 24px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        header { border-left: 6px solid var(--good); padding: 4px 0 4px 16px; }
        header.broken { border-color: var(--bad); }
        h1 { margin: 0; font-size: 28px; line-height: 1.2; }
        header p { margin: 4px 0 0; color: var(--soft); }
        h2 { margin: 32px 0 4px; font-size: 16px; }
        .counts { display: flex; flex-wrap: wrap; gap: 12px; margin: 24px 0 0; padding: 0; list-style: none; }
        .counts li { flex: 1 1 120px; padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px; color: var(--soft); }
        .counts b { display: block; font-size: 32px; line-height: 1.1; font-variant-numeric: tabular-nums; color: var(--good); }
        .counts .some b { color: var(--bad); }
        .wrongs { color: var(--bad); }
        svg { display: block; width: 100%; height: auto; }
        svg text { font: 11px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
        .label { text-anchor: end; }
        .time { text-anchor: middle; }
        path { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
        .rule { stroke: var(--line); stroke-width: 1; }
        path.sent { stroke: var(--sent); }
        path.delivered { stroke: none; fill: var(--delivered); fill-opacity: .55; }
        path.p50 { stroke: var(--p50); }
        path.p99 { stroke: var(--p99); }
        rect.server { fill: var(--server); }
        rect.client { fill: var(--client); }
        rect.link { fill: var(--link); }
        rect.packet { fill: var(--packet); }
        span.sent, span.delivered, span.p50, span.p99, td span { display: inline-block; width: 10px; height: 10px; margin: 0 6px 0 0; border-radius: 2px; }
        .key { margin: 0 0 4px; color: var(--soft); }
        .key span:not(:first-child) { margin-left: 14px; }
        span.sent { background: var(--sent); } span.delivered { background: var(--delivered); } span.p50 { background: var(--p50); } span.p99 { background: var(--p99); }
        span.server { background: var(--server); } span.client { background: var(--client); } span.link { background: var(--link); } span.packet { background: var(--packet); }
        section { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; }
        th { text-align: left; font-weight: 600; color: var(--soft); }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td:nth-child(2), td:nth-child(3), th:nth-child(2), th:nth-child(3) { text-align: right; font-variant-numeric: tabular-nums; }
        td:first-child { white-space: nowrap; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
        dt { color: var(--soft); } dd { margin: 0; }
        code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
        .remark { color: var(--soft); font-size: 13px; max-width: 80ch; }
        """;
}

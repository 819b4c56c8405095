using System.Xml.Linq;
using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Reporting;
using Hexagram.Chaos.Runs;
using Hexagram.Checking;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Tests.Reporting;

public sealed class HtmlReportTests
{
    private static readonly TrackedMessage Message = new(new Party(new UserId("<alice>"), new DeviceId("phone")), new UserId("bob"), 7);

    [Fact]
    public void A_run_that_kept_every_promise_says_so()
    {
        var page = HtmlReport.Write(Report(), "1.2.3");
        Assert.Contains("<h1>Every promise was kept</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<code>hexagram chaos --duration 60s --clients 12 --rate 200 --seed 9 --transport tcp --faults cut,clock</code>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_that_repeats_a_run_names_what_is_not_the_default()
    {
        var usual = new Transport[] { Transport.Tcp, Transport.Polling };
        Assert.Equal("hexagram chaos --duration 60s --clients 12 --rate 200 --seed 9", Again(settings => settings with { Transports = usual, Faults = FaultNames.For(nodes: 1) }));
        Assert.EndsWith(" --seed 9 --nodes 3 --faults none", Again(settings => settings with { Transports = usual, Nodes = 3, Faults = [] }), StringComparison.Ordinal);
        Assert.EndsWith(
            " --seed 9 --transport http --tls",
            Again(settings => settings with { Transports = [Transport.Polling], WithTls = true, Faults = FaultReach.Within(1, [Transport.Polling], withTls: true) }),
            StringComparison.Ordinal);

        static string Again(Func<ChaosSettings, ChaosSettings> change)
        {
            var page = HtmlReport.Write(Report() with { Settings = change(Report().Settings) }, "1.2.3");
            return page.Split("<code>")[1].Split("</code>")[0];
        }
    }

    [Fact]
    public void A_finding_fails_the_run_and_stands_there_escaped()
    {
        var report = Report() with { Verdict = new Verdict([new Finding(Breach.Lost, TimeSpan.FromSeconds(3), Message, "never reached bob")], 10, 9, 9) };
        Assert.False(report.HasPassed);
        var page = HtmlReport.Write(report, "1.2.3");
        Assert.Contains("This run has not passed", page, StringComparison.Ordinal);
        Assert.Contains("&lt;alice&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<alice>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_fails_in_which_a_chosen_fault_never_struck_or_something_else_went_wrong_or_nothing_was_sent()
    {
        Assert.True(Report().HasPassed);
        var missed = Report() with { Faults = [new FaultCount(Fault.Cut, 2, 5), new FaultCount(Fault.Clock, 0, 0)] };
        Assert.False(missed.HasPassed);
        Assert.Equal([Fault.Clock], missed.Missed);
        Assert.Contains("clock never struck", HtmlReport.Write(missed, "1.2.3"), StringComparison.Ordinal);
        Assert.False((Report() with { Troubles = ["the server ended by itself"] }).HasPassed);
        Assert.False((Report() with { Verdict = new Verdict([], 0, 0, 0) }).HasPassed);
    }

    [Fact]
    public void Its_drawings_are_well_formed_also_for_a_run_without_a_second()
    {
        foreach (var report in new[] { Report(), Report() with { Timeline = [], Strikes = [], Faults = [] } })
        {
            var page = HtmlReport.Write(report, "1.2.3");
            for (var begin = page.IndexOf("<svg", StringComparison.Ordinal); begin >= 0; begin = page.IndexOf("<svg", begin + 1, StringComparison.Ordinal))
            {
                var end = page.IndexOf("</svg>", begin, StringComparison.Ordinal) + "</svg>".Length;
                Assert.DoesNotContain("NaN", XElement.Parse(page[begin..end]).ToString(), StringComparison.Ordinal);
            }

            Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        }
    }

    private static ChaosReport Report() => new()
    {
        Settings = new ChaosSettings
        {
            Folder = "",
            Faults = [Fault.Cut, Fault.Clock],
            Seed = 9,
            Program = new ChaosProgram
            {
                FileName = "",
                ServerWords = _ => [],
                ClientWords = [],
                IssueToken = (_, _) => "",
                OpenStore = _ => throw new NotSupportedException(),
            },
        },
        StartedAt = DateTimeOffset.UnixEpoch,
        Trouble = TimeSpan.FromSeconds(60),
        Settled = TimeSpan.FromSeconds(1),
        Verdict = new Verdict([], 10, 9, 9),
        Faults = [new FaultCount(Fault.Cut, 2, 5), new FaultCount(Fault.Clock, 1, 1)],
        Strikes = [new Strike(Fault.Cut, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 5, "closed 5 connections with RST")],
        Troubles = [],
        Timeline = [.. Enumerable.Range(0, 900).Select(n => new TimelineSecond(n, n / 2, TimeSpan.FromMilliseconds(n), TimeSpan.FromMilliseconds(3 * n)))],
        P50 = TimeSpan.FromMilliseconds(5),
        P99 = TimeSpan.FromSeconds(2),
        Longest = TimeSpan.FromSeconds(3),
    };
}

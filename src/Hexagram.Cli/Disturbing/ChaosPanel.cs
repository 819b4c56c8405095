using System.Globalization;
using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Runs;
using Hexagram.Cli.Output;
using Hexagram.Server.Configuration;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hexagram.Cli.Disturbing;

/// <summary>Shows how a chaos run goes: a panel on a terminal, now and then a line elsewhere, an object per fault in JSON.</summary>
internal static class ChaosPanel
{
    private const string Bars = " ▁▂▃▄▅▆▇█";
    private const int SecondsShown = 60;
    private static readonly TimeSpan FrameEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    /// <summary>Shows it until <paramref name="running"/> has ended, well or not.</summary>
    public static Task ShowAsync(ChaosRun run, ChaosSettings settings, Task running, Screen screen) =>
        screen.IsJson ? ShowStrikesAsync(run, running, screen)
        : screen.Console is { } console ? DrawAsync(run, settings, running, console)
        : ShowLinesAsync(run, running, screen);

    private static async Task ShowStrikesAsync(ChaosRun run, Task running, Screen screen)
    {
        var shown = 0;
        while (await NextAsync(running, FrameEvery))
        {
            Show();
        }

        Show();
        void Show()
        {
            var strikes = run.Progress.Strikes;
            for (; shown < strikes.Count; shown++)
            {
                if (strikes[shown].Struck > 0)
                {
                    ChaosWords.PrintJson(strikes[shown], screen);
                }
            }
        }
    }

    private static async Task ShowLinesAsync(ChaosRun run, Task running, Screen screen)
    {
        while (await NextAsync(running, LineEvery))
        {
            var progress = run.Progress;
            screen.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{progress.Elapsed.TotalSeconds,5:0} s  {Word(progress.Phase),-8}  {progress.Sent:N0} sent, {progress.Delivered:N0} delivered, {progress.Waiting:N0} waiting, "
                + $"{progress.Strikes.Count(strike => strike.Struck > 0)} faults"));
        }
    }

    private static Task DrawAsync(ChaosRun run, ChaosSettings settings, Task running, IAnsiConsole console) =>
        console.Live(Text.Empty).StartAsync(async live =>
        {
            var perSecond = new Queue<long>();
            var last = run.Progress;
            do
            {
                var progress = run.Progress;
                if ((long)progress.Elapsed.TotalSeconds > (long)last.Elapsed.TotalSeconds)
                {
                    perSecond.Enqueue(progress.Delivered - last.Delivered);
                    last = progress;
                    if (perSecond.Count > SecondsShown)
                    {
                        perSecond.Dequeue();
                    }
                }

                live.UpdateTarget(Draw(progress, settings, perSecond));
            }
            while (await NextAsync(running, FrameEvery));
        });

    private static Rows Draw(ChaosProgress progress, ChaosSettings settings, IReadOnlyCollection<long> perSecond)
    {
        var most = Math.Max(1, perSecond.DefaultIfEmpty().Max());
        var spark = string.Concat(perSecond.Select(count => Bars[(int)Math.Ceiling((double)count / most * (Bars.Length - 1))]));
        var done = progress.Phase == ChaosPhase.Trouble ? Math.Min(1, progress.Elapsed / settings.Duration) : progress.Phase == ChaosPhase.Starting ? 0 : 1;
        var width = (int)(done * SecondsShown);
        var counts = progress.Strikes.Where(strike => strike.Struck > 0).CountBy(strike => strike.Fault).ToDictionary();
        var table = new Grid();
        for (var column = 0; column < 4; column++)
        {
            table.AddColumn(new GridColumn().NoWrap().PadLeft(column == 0 ? 2 : 0).PadRight(2));
        }

        foreach (var row in settings.Faults.Order().Chunk(4))
        {
            table.AddRow([.. row.Select(fault => (IRenderable)Cell(fault, counts.GetValueOrDefault(fault), progress.UnderWay.Contains(fault)))]);
        }

        return new Rows(
            new Markup($"  [bold]{Word(progress.Phase),-9}[/] [green]{new string('━', width)}[/][grey]{new string('━', SecondsShown - width)}[/] {Duration.Format(TimeSpan.FromSeconds((long)progress.Elapsed.TotalSeconds))}"),
            new Markup(string.Create(CultureInfo.InvariantCulture, $"  sent [bold]{progress.Sent:N0}[/]   delivered [bold]{progress.Delivered:N0}[/]   in outboxes [bold]{progress.Waiting:N0}[/]")),
            new Markup($"  [green]{spark,-SecondsShown}[/] [grey]delivered per second[/]"),
            Text.Empty,
            table);
    }

    private static Markup Cell(Fault fault, int times, bool isUnderWay) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"[{(isUnderWay ? "red" : times > 0 ? "default" : "grey")}]{FaultNames.NameOf(fault),-14}{times,3}[/]"));

    private static string Word(ChaosPhase phase) => phase switch
    {
        ChaosPhase.Starting => "starting",
        ChaosPhase.Trouble => "trouble",
        ChaosPhase.Settling => "settling",
        _ => "judging",
    };

    /// <returns>False when it has ended.</returns>
    private static async Task<bool> NextAsync(Task running, TimeSpan after) => await Task.WhenAny(running, Task.Delay(after)) != running;
}

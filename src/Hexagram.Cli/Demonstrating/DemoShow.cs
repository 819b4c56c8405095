using System.Globalization;
using Hexagram.Cli.Drawing;
using Hexagram.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hexagram.Cli.Demonstrating;

/// <summary>Shows a demonstration: a panel on a terminal, a line per event elsewhere, an object per event in JSON.</summary>
internal static class DemoShow
{
    private static readonly TimeSpan FrameEvery = TimeSpan.FromMilliseconds(80);

    /// <summary>Shows it until <paramref name="playing"/> has ended, well or not.</summary>
    /// <exception cref="IOException">Nobody can see it any more.</exception>
    public static async Task ShowAsync(DemoScene scene, Task playing, Screen screen, TimeProvider time)
    {
        if (screen.Console is { Profile.Capabilities.Ansi: true } console)
        {
            await DrawAsync(scene, playing, console, time);
            return;
        }

        await foreach (var happened in scene.Events.ReadAllAsync(CancellationToken.None))
        {
            if (screen.IsJson)
            {
                PrintJson(happened, scene, screen);
            }
            else
            {
                screen.Line(string.Create(CultureInfo.InvariantCulture, $"{scene.Elapsed.TotalSeconds,5:0.0} s  {Words(happened, scene)}"));
            }
        }
    }

    /// <summary>The count, and what it means.</summary>
    public static void Conclude(DemoScene scene, DemoCount count, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteBoolean("passed", count.HoldsAll);
                json.WriteNumber("sent", count.Sent);
                json.WriteNumber("delivered", count.Delivered);
                json.WriteNumber("lost", count.Lost);
                json.WriteNumber("twice", count.Twice);
                json.WriteNumber("outOfOrder", count.Disordered);
                json.WriteNumber("wrong", count.Wrong);
                json.WriteNumber("packetsLost", scene.Lost.Sum());
                json.WriteNumber("serverKills", scene.Kills);
                json.WriteNumber("seconds", Math.Round(scene.Elapsed.TotalSeconds, 1));
            });
            return;
        }

        screen.Line("");
        screen.Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"  sent [bold]{count.Sent}[/]   delivered [bold]{count.Delivered}[/]   {Judged("lost", count.Lost)}   {Judged("twice", count.Twice)}   {Judged("out of order", count.Disordered)}")
            + (count.Wrong == 0 ? "" : $"   {Judged("wrong", count.Wrong)}"));
        screen.Line("");
        screen.Markup(count.HoldsAll
            ? string.Create(CultureInfo.InvariantCulture, $"  {scene.Lost.Sum()} packets lost, the server killed {Times(scene.Kills)}: [green]each message came once, in order.[/]")
            : "  [red bold]This is not what Hexagram promises; please report it.[/]");
        screen.Line("  Next: 'hexagram serve', and beside it 'hexagram chat --as alice --to bob'.");
    }

    private static string Judged(string word, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"[{(count == 0 ? "green" : "red bold")}]{word} {count}[/]");

    private static string Times(int count) => count switch
    {
        1 => "once",
        2 => "twice",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} times"),
    };

    private static string Words(DemoEvent happened, DemoScene scene) => happened switch
    {
        DemoEvent.Act act => act.Words,
        DemoEvent.Line { Lit: var lit } => $"  {lit.Number}  {lit.Name}  {Way(scene, lit.Number)}",
        DemoEvent.Loss loss => $"  {loss.Packet} is lost",
        DemoEvent.Kill kill => string.Create(CultureInfo.InvariantCulture, $"  process {kill.Process} is killed"),
        _ => throw new InvalidOperationException($"There are no words for {happened}."),
    };

    private static void PrintJson(DemoEvent happened, DemoScene scene, Screen screen) => screen.Json(json =>
    {
        switch (happened)
        {
            case DemoEvent.Act act:
                json.WriteString("act", act.Words);
                break;
            case DemoEvent.Line { Lit: var lit }:
                json.WriteNumber("line", lit.Number);
                json.WriteString("packet", lit.Name);
                json.WriteInstant("at", lit.At);
                break;
            case DemoEvent.Loss loss:
                json.WriteString("lost", loss.Packet);
                break;
            case DemoEvent.Kill kill:
                json.WriteNumber("killed", kill.Process);
                break;
        }

        json.WriteNumber("seconds", Math.Round(scene.Elapsed.TotalSeconds, 3));
    });

    private static string Way(DemoScene scene, int number)
    {
        var (from, to) = scene.Watched.Words.Way(number);
        return $"{from} -> {to}";
    }

    private static Task DrawAsync(DemoScene scene, Task playing, IAnsiConsole console, TimeProvider time) =>
        console.Live(Text.Empty).StartAsync(async live =>
        {
            do
            {
                live.UpdateTarget(Draw(scene, console.Profile.Width, isOver: false));
            }
            while (await Task.WhenAny(playing, Task.Delay(FrameEvery, time)) != playing);
            live.UpdateTarget(Draw(scene, console.Profile.Width, isOver: true));
        });

    private static Rows Draw(DemoScene scene, int width, bool isOver)
    {
        var count = scene.Count;
        var lost = scene.Lost;
        var rows = new List<IRenderable>
        {
            new Markup(string.Create(CultureInfo.InvariantCulture, $"[grey]{scene.Elapsed.TotalSeconds,5:0.0} s[/]  [bold]{Markup.Escape(scene.Act)}[/]")),
            Text.Empty,
        };
        if (scene.Watched.Draw(width) is { } figure)
        {
            rows.Add(figure);
            rows.Add(Text.Empty);
        }

        if (lost.Sum() + scene.Kills > 0 || count.Sent > 1)
        {
            rows.Add(new Markup("  [grey]lost on purpose[/]  " + string.Join("  ", SixLines.Names.Select((name, place) => Losses(name, lost[place])))));
            rows.Add(new Markup(string.Create(CultureInfo.InvariantCulture, $"  [grey]server killed[/]    {(scene.Kills == 0 ? "[grey]not yet[/]" : $"[yellow]{Times(scene.Kills)}[/]")}")));
            if (!isOver)
            {
                rows.Add(new Markup(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  [grey]messages[/]         sent [bold]{count.Sent}[/]   delivered [bold]{count.Delivered}[/]   under way [bold]{count.Sent - count.Delivered}[/]")));
            }
        }

        return new Rows(rows);
    }

    private static string Losses(string name, int times) =>
        string.Create(CultureInfo.InvariantCulture, $"[{(times == 0 ? "grey" : "yellow")}]{name} {times}[/]");
}

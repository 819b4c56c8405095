using System.Globalization;
using Hexagram.Bench.Runs;
using Hexagram.Cli.Output;
using Spectre.Console;

namespace Hexagram.Cli.Measuring;

/// <summary>Shows how a run of measurements goes: a bar on a terminal, a line per step elsewhere, nothing in JSON.</summary>
internal static class BenchPanel
{
    private const int Width = 40;
    private static readonly TimeSpan FrameEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Shows it until <paramref name="running"/> has ended, well or not.</summary>
    public static async Task ShowAsync(BenchRun run, Task running, Screen screen)
    {
        if (screen.IsJson)
        {
            await Task.WhenAny(running);
        }
        else if (screen.Console is { } console)
        {
            await console.Live(Text.Empty).AutoClear(true).StartAsync(async live =>
            {
                while (await NextAsync(running))
                {
                    live.UpdateTarget(Draw(run.Progress));
                }
            });
        }
        else
        {
            await ShowLinesAsync(run, running, screen);
        }
    }

    private static async Task ShowLinesAsync(BenchRun run, Task running, Screen screen)
    {
        var shown = "";
        while (await NextAsync(running))
        {
            var progress = run.Progress;
            var line = Words(progress);
            if (line != shown)
            {
                screen.Note(line);
                shown = line;
            }
        }
    }

    private static Markup Draw(BenchProgress progress)
    {
        var width = (int)((progress.Part ?? 0) * Width);
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"  [bold]{Words(progress),-28}[/] [green]{new string('━', width)}[/][grey]{new string('━', Width - width)}[/] {progress.Messages:N0} messages"));
    }

    private static string Words(BenchProgress progress) =>
        progress.Runs == 1 ? progress.Words : string.Create(CultureInfo.InvariantCulture, $"{progress.Run} of {progress.Runs}: {progress.Words}");

    /// <returns>False when it has ended.</returns>
    private static async Task<bool> NextAsync(Task running) => await Task.WhenAny(running, Task.Delay(FrameEvery)) != running;
}

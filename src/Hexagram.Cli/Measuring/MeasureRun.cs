using Hexagram.Bench.Runs;
using Hexagram.Cli.Output;

namespace Hexagram.Cli.Measuring;

/// <summary>One run of <c>bench</c>: starts it, shows how it goes, and says what came of it.</summary>
internal static class MeasureRun
{
    /// <summary>Runs it to the verdict.</summary>
    /// <exception cref="CommandFailure">It cannot run here.</exception>
    public static async Task<ExitCode> RunAsync(BenchSettings settings, Screen screen, Surroundings surroundings)
    {
        if (settings.Client == LoadClient.Wire && !OperatingSystem.IsLinux())
        {
            throw new CommandFailure("The bare connections of 'hexagram bench' need Linux. '--client sdk' runs anywhere, with the product's own clients.");
        }

        var run = new BenchRun(settings);

        // Away from this thread, which draws: a load may keep its thread to itself.
        var running = Task.Run(() => run.RunAsync(surroundings.Stop));
        try
        {
            await BenchPanel.ShowAsync(run, running, screen);
            var report = await running;
            BenchWords.Print(report, screen);
            return report.Findings.IsClean ? ExitCode.Success : ExitCode.Failure;
        }
        catch (Exception fault) when (fault is InvalidOperationException or UnauthorizedAccessException)
        {
            throw new CommandFailure(fault.Message, cause: fault);
        }
        catch (OperationCanceledException fault) when (surroundings.Stop.IsCancellationRequested)
        {
            throw new CommandFailure("It was ended before it had measured anything.", cause: fault);
        }
    }
}

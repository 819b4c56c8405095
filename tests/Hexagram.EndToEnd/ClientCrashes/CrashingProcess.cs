using System.Diagnostics;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.ClientCrashes;

/// <summary>One life of a <see cref="CrashingProgram"/>, from its start to its end or its death.</summary>
internal static class CrashingProcess
{
    private const int KilledBySignal9 = 128 + 9;

    /// <summary>Runs it until it dies at <paramref name="failPoint"/>, such as <c>outbox.marked:3</c>.</summary>
    internal static async Task DieAtAsync(string failPoint, IEnumerable<string> words, Action<string> printed)
    {
        using var process = Start(words, failPoint);
        await ReadAsync(process, printed);
        Assert.True(process.ExitCode == KilledBySignal9, $"The process was to die at {failPoint} and ended with {process.ExitCode}.");
    }

    /// <summary>Kills it when it has printed so many lines and a moment of chance has passed.</summary>
    internal static async Task DieAnywhereAsync(int lines, int spins, IEnumerable<string> words, Action<string> printed)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, line =>
        {
            printed(line);
            if (--lines == 0)
            {
                var until = Stopwatch.GetTimestamp() + spins;
                while (Stopwatch.GetTimestamp() < until)
                {
                }

                process.Kill();
            }
        });
        Assert.Equal(KilledBySignal9, process.ExitCode);
    }

    /// <summary>Runs it to its own end.</summary>
    internal static async Task LiveAsync(IEnumerable<string> words, Action<string> printed)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, printed);
        Assert.Equal(0, process.ExitCode);
    }

    private static Process Start(IEnumerable<string> words, string? failPoint)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Hexagram.EndToEnd"), [CrashingProgram.Word, .. words]) { RedirectStandardOutput = true };
        start.Environment.Remove("HEXAGRAM_FAILPOINT");
        if (failPoint is not null)
        {
            start.Environment["HEXAGRAM_FAILPOINT"] = failPoint;
        }

        return Process.Start(start)!;
    }

    private static async Task ReadAsync(Process process, Action<string> printed)
    {
        using var patience = new CancellationTokenSource(RunningProgram.Patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                printed(line);
            }

            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}

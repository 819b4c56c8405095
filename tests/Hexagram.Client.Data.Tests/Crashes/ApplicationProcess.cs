using System.Diagnostics;

namespace Hexagram.Client.Data.Tests.Crashes;

/// <summary>One life of an <see cref="ApplicationProgram"/>, from its start to its end or its death.</summary>
internal static class ApplicationProcess
{
    private const int KilledBySignal9 = 128 + 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it until it dies at <paramref name="failPoint"/>, such as <c>outbox.marked:3</c>.</summary>
    internal static async Task DieAtAsync(string failPoint, IEnumerable<string> words)
    {
        using var process = Start(words, failPoint);
        await ReadAsync(process, _ => { });
        Assert.True(process.ExitCode == KilledBySignal9, $"The process was to die at {failPoint} and ended with {process.ExitCode}.");
    }

    /// <summary>Kills it when it has printed so many lines.</summary>
    internal static async Task DieAfterAsync(int lines, IEnumerable<string> words)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, _ =>
        {
            if (--lines == 0)
            {
                process.Kill();
            }
        });
        Assert.Equal(KilledBySignal9, process.ExitCode);
    }

    /// <summary>Runs it to its own end.</summary>
    internal static async Task LiveAsync(IEnumerable<string> words)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, _ => { });
        Assert.Equal(0, process.ExitCode);
    }

    private static Process Start(IEnumerable<string> words, string? failPoint)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Hexagram.Client.Data.Tests"), [ApplicationProgram.Word, .. words]) { RedirectStandardOutput = true };
        start.Environment.Remove("HEXAGRAM_FAILPOINT");
        if (failPoint is not null)
        {
            start.Environment["HEXAGRAM_FAILPOINT"] = failPoint;
        }

        return Process.Start(start)!;
    }

    private static async Task ReadAsync(Process process, Action<string> printed)
    {
        using var patience = new CancellationTokenSource(Patience);
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

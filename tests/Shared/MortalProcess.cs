using System.Diagnostics;

namespace Hexagram.Testing;

/// <summary>
/// This test program as another process, of which the test takes one life after the other: each ends by itself, at a fail point, or wherever it happens to be.
/// </summary>
/// <param name="word">The first word of its command line, by which the program knows what it is to be.</param>
/// <param name="patience">How long one life may take.</param>
internal sealed class MortalProcess(string word, TimeSpan patience)
{
    private const int KilledBySignal9 = 128 + 9;

    /// <summary>Runs it until it dies at <paramref name="failPoint"/>, such as <c>outbox.marked:3</c>.</summary>
    public async Task DieAtAsync(string failPoint, IEnumerable<string> words, Action<string>? printed = null)
    {
        using var process = Start(words, failPoint);
        await ReadAsync(process, printed);
        Assert.True(process.ExitCode == KilledBySignal9, $"The process was to die at {failPoint} and ended with {process.ExitCode}.");
    }

    /// <summary>Kills it when it has printed so many lines, and so many ticks of the stopwatch have passed.</summary>
    public async Task DieAfterAsync(int lines, IEnumerable<string> words, Action<string>? printed = null, int ticks = 0)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, line =>
        {
            printed?.Invoke(line);
            if (--lines == 0)
            {
                var until = Stopwatch.GetTimestamp() + ticks;
                while (Stopwatch.GetTimestamp() < until)
                {
                }

                process.Kill();
            }
        });
        Assert.Equal(KilledBySignal9, process.ExitCode);
    }

    /// <summary>Runs it to its own end, which must be a good one unless the test says otherwise.</summary>
    public async Task LiveAsync(IEnumerable<string> words, Action<string>? printed = null, int exitCode = 0)
    {
        using var process = Start(words, failPoint: null);
        await ReadAsync(process, printed);
        Assert.Equal(exitCode, process.ExitCode);
    }

    private Process Start(IEnumerable<string> words, string? failPoint)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(MortalProcess).Assembly.GetName().Name!);
        var start = new ProcessStartInfo(program, [word, .. words]) { RedirectStandardOutput = true };
        start.Environment.Remove("HEXAGRAM_FAILPOINT");
        if (failPoint is not null)
        {
            start.Environment["HEXAGRAM_FAILPOINT"] = failPoint;
        }

        return Process.Start(start)!;
    }

    private async Task ReadAsync(Process process, Action<string>? printed)
    {
        using var enough = new CancellationTokenSource(patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(enough.Token) is { } line)
            {
                printed?.Invoke(line);
            }

            await process.WaitForExitAsync(enough.Token);
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

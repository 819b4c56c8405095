using System.Diagnostics;
using System.Text;

namespace Hexagram.Processes;

/// <summary>Starts processes of the program under test, with pipes for all that they read and print.</summary>
public static class ProgramStart
{
    private const int ErrorLinesMax = 20;

    /// <summary>Starts it; what is set in the environment for this process is not meant for that one.</summary>
    public static Process Start(HexagramProgram program, IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(words);
        var start = new ProcessStartInfo(program.FileName, [.. program.FirstWords, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var foreign in start.Environment.Keys.Where(name => name.StartsWith("HEXAGRAM", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(foreign);
        }

        foreach (var (name, value) in program.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Reads its standard error to the end.</summary>
    /// <param name="process">The process.</param>
    /// <param name="log">Gets every line; null for nowhere.</param>
    /// <returns>The last lines.</returns>
    public static async Task<IReadOnlyList<string>> ReadErrorsAsync(Process process, TextWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(process);
        var last = new Queue<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            log?.WriteLine(line);
            last.Enqueue(line);
            if (last.Count > ErrorLinesMax)
            {
                last.Dequeue();
            }
        }

        return [.. last];
    }
}

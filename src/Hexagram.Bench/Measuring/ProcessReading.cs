using System.Diagnostics;
using System.Globalization;

namespace Hexagram.Bench.Measuring;

/// <summary>What a process has used until a moment, as Linux counts it.</summary>
/// <param name="At">The moment, as a timestamp of Stopwatch.</param>
/// <param name="User">Processor time in the program.</param>
/// <param name="System">Processor time in the system on its behalf.</param>
/// <param name="Voluntary">How often its threads went to wait. Threads that have ended are missing.</param>
/// <param name="Involuntary">How often the system took the processor from its threads.</param>
public readonly record struct ProcessReading(long At, TimeSpan User, TimeSpan System, long Voluntary, long Involuntary)
{
    private const int TicksPerSecond = 100;
    private const int UserField = 11;

    /// <summary>User and system.</summary>
    public TimeSpan Processor => User + System;

    /// <summary>A process by its number.</summary>
    /// <exception cref="IOException">There is no such process, or no /proc.</exception>
    public static ProcessReading Of(int process)
    {
        var at = Stopwatch.GetTimestamp();
        var stat = File.ReadAllText($"/proc/{process}/stat");

        // The second field is the name, in brackets, and may hold anything.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var (voluntary, involuntary) = Switches(process);
        return new ProcessReading(at, Ticks(fields[UserField]), Ticks(fields[UserField + 1]), voluntary, involuntary);
    }

    /// <summary>This process, which can ask for more precise times.</summary>
    public static ProcessReading OfSelf()
    {
        var usage = Environment.CpuUsage;
        return new ProcessReading(Stopwatch.GetTimestamp(), usage.UserTime, usage.PrivilegedTime, 0, 0);
    }

    private static TimeSpan Ticks(string field) => TimeSpan.FromSeconds(long.Parse(field, CultureInfo.InvariantCulture) / (double)TicksPerSecond);

    private static (long Voluntary, long Involuntary) Switches(int process)
    {
        var (voluntary, involuntary) = (0L, 0L);
        foreach (var task in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                foreach (var line in File.ReadLines($"{task}/status"))
                {
                    voluntary += CountOf(line, "voluntary_ctxt_switches:");
                    involuntary += CountOf(line, "nonvoluntary_ctxt_switches:");
                }
            }
            catch (IOException)
            {
                // The thread ended while it was asked.
            }
        }

        return (voluntary, involuntary);
    }

    private static long CountOf(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) ? long.Parse(line.AsSpan(name.Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) : 0;
}

using System.Globalization;

namespace Hexagram.Bench.Measuring;

/// <summary>The memory of a process at a moment, as Linux counts it.</summary>
/// <param name="Resident">What lies in memory, shared libraries included: the working set.</param>
/// <param name="Private">What of it is this process's alone.</param>
public readonly record struct ProcessMemory(long Resident, long Private)
{
    /// <summary>A process by its number.</summary>
    /// <exception cref="IOException">There is no such process, or no /proc.</exception>
    public static ProcessMemory Of(int process)
    {
        var (resident, own) = (0L, 0L);
        foreach (var line in File.ReadLines($"/proc/{process}/smaps_rollup"))
        {
            resident += BytesOf(line, "Rss:");
            own += BytesOf(line, "Private_Clean:") + BytesOf(line, "Private_Dirty:");
        }

        return new ProcessMemory(resident, own);
    }

    private static long BytesOf(string line, string name) => line.StartsWith(name, StringComparison.Ordinal)
        ? long.Parse(line.AsSpan(name.Length, line.Length - name.Length - " kB".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) << 10
        : 0;
}

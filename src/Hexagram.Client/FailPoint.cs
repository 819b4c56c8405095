using System.Diagnostics;
using System.Globalization;

namespace Hexagram.Client;

/// <summary>
/// Places between two steps where a test can have the process killed: <c>HEXAGRAM_FAILPOINT=inbox.handled:3</c> kills it with
/// SIGKILL when it passes that place for the third time. Unset, a pass costs nothing: the compiler drops it.
/// </summary>
internal static class FailPoint
{
    private static readonly string? Armed = Environment.GetEnvironmentVariable("HEXAGRAM_FAILPOINT");
    private static int _passes;

    internal static void Pass(string place)
    {
        if (Armed is not null)
        {
            Count(place);
        }
    }

    private static void Count(string place)
    {
        var parts = Armed!.Split(':');
        var wanted = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        if (parts[0] == place && Interlocked.Increment(ref _passes) == wanted)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            // The signal is on its way; nothing after this place may happen.
            Thread.CurrentThread.Join();
        }
    }
}

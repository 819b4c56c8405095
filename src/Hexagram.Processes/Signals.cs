using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hexagram.Processes;

/// <summary>Signals to processes that were started here, by their ids. Linux and macOS.</summary>
public static class Signals
{
    private const int Terminate = 15;
    private static readonly int StopNumber = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int ContinueNumber = OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>SIGSTOP: it does nothing at all until <see cref="Continue"/>.</summary>
    public static bool Stop(Process process) => Send(process, StopNumber);

    /// <summary>SIGCONT.</summary>
    public static bool Continue(Process process) => Send(process, ContinueNumber);

    /// <summary>SIGTERM: it is asked to end in order.</summary>
    public static bool End(Process process) => Send(process, Terminate);

    /// <returns>False when it is gone.</returns>
    private static bool Send(Process process, int signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        return !process.HasExited && kill(process.Id, signal) == 0;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}

using System.Diagnostics;

namespace Hexagram.Storage.RocksDb.Tests;

/// <summary>This program once more, as a process of its own that can be killed.</summary>
internal static class ChildProcess
{
    internal static Process Start(params IEnumerable<string> arguments)
    {
        // The program is started the way the runner was: by `dotnet` with the assembly.
        var start = new ProcessStartInfo("dotnet", [typeof(ChildProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("The child process did not start.");
    }
}

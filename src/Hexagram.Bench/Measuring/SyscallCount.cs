using System.Diagnostics;
using System.Globalization;

namespace Hexagram.Bench.Measuring;

/// <summary>How often a process calls the system, counted by <c>perf</c> while this is open. It costs the process a little with every call.</summary>
internal sealed class SyscallCount : IDisposable
{
    private const string Tracepoint = "raw_syscalls:sys_enter";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _perf;

    private SyscallCount(Process perf) => _perf = perf;

    /// <summary>Begins to count.</summary>
    /// <exception cref="InvalidOperationException">There is no perf.</exception>
    public static SyscallCount Start(int process)
    {
        // It counts as long as the command that it runs, and that one ends with its input.
        var start = new ProcessStartInfo("perf", ["stat", "-e", Tracepoint, "-x", ",", "-p", process.ToString(CultureInfo.InvariantCulture), "--", "cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new SyscallCount(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new InvalidOperationException($"System calls are counted with 'perf', which cannot be started: {fault.Message}", fault);
        }
    }

    /// <summary>Counts no more.</summary>
    public void End() => _perf.StandardInput.Close();

    /// <summary>What it has counted; <see cref="End"/> was called.</summary>
    /// <exception cref="InvalidOperationException">perf may not count here.</exception>
    public async Task<long> ReadAsync()
    {
        var report = await _perf.StandardError.ReadToEndAsync().WaitAsync(Patience).ConfigureAwait(false);
        var line = report.Split('\n').FirstOrDefault(line => line.Contains(Tracepoint, StringComparison.Ordinal));
        return long.TryParse(line?.Split(',')[0], CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new InvalidOperationException($"'perf' may not count system calls here; it needs the right to use tracepoints: {report.Trim()}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_perf.HasExited)
        {
            _perf.Kill();
        }

        _perf.Dispose();
    }
}

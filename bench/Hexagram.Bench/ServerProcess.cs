using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Hexagram.Bench;

/// <summary>A `hexagram serve` of its own, on free ports and an empty data folder, and what it costs.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _data;

    private ServerProcess(Process process, string data, Uri uri, TimeSpan startup)
    {
        _process = process;
        _data = data;
        Uri = uri;
        Startup = startup;
    }

    internal Uri Uri { get; }

    /// <summary>From the start of the process to its ready line.</summary>
    internal TimeSpan Startup { get; }

    internal string DataFolder => _data;

    /// <summary>Processor time that the server has used so far, user and system.</summary>
    internal TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    internal long WorkingSetBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    internal static async Task<ServerProcess> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("hexagram-bench-").FullName;
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "hexagram.dll"), "serve", "--json",
                "--data", data, "--tcp", "127.0.0.1:0", "--http", "http://127.0.0.1:0",
            },
            RedirectStandardOutput = true,
        };
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        var ready = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The server ended before it was ready; its error output says why.");
        var startup = watch.Elapsed;
        using var line = JsonDocument.Parse(ready);
        var tcp = line.RootElement.GetProperty("tcp").GetString()!;
        return new ServerProcess(process, data, new Uri(string.Create(CultureInfo.InvariantCulture, $"tcp://{tcp}")), startup);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}

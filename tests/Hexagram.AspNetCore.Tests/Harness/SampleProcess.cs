using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Hexagram.AspNetCore.Tests.Harness;

/// <summary>The sample as a process of its own, as a reader of its page starts it; with a free port and a folder that goes with it.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private const string Ready = "Now listening on: ";

    private readonly string _data;
    private readonly Process _process;

    private SampleProcess(Process process, string data) => (_process, _data) = (process, data);

    public Uri Address { get; private set; } = null!;

    public static async Task<SampleProcess> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("hexagram-sample-").FullName;
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "Hexagram.Samples.Chat.dll"),
                "--urls", "http://127.0.0.1:0",
                "--contentRoot", Path.Combine(Root(), "samples", "Hexagram.Samples.Chat"),
                "--Data", data,
            },
            RedirectStandardOutput = true,
        };
        var sample = new SampleProcess(Process.Start(start)!, data);
        using var patience = new CancellationTokenSource(PacketSocket.Patience);
        while (await sample._process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            var place = line.IndexOf(Ready, StringComparison.Ordinal);
            if (place >= 0)
            {
                sample.Address = new Uri(line[(place + Ready.Length)..].Trim());
                _ = sample._process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return sample;
            }
        }

        await sample.DisposeAsync();
        throw new InvalidOperationException("The sample ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}

using Hexagram.Chaos.Reporting;
using Hexagram.Chaos.Runs;
using Hexagram.Cli.CommandLine;
using Hexagram.Cli.Output;
using Hexagram.Processes;

namespace Hexagram.Cli.Disturbing;

/// <summary>One run of <c>chaos</c>: starts it, shows how it goes, and says what came of it.</summary>
internal static class DisturbRun
{
    /// <summary>Runs it to the verdict.</summary>
    /// <exception cref="CommandFailure">It cannot run here.</exception>
    public static async Task<ExitCode> RunAsync(DisturbSettings settings, Screen screen, Surroundings surroundings)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new CommandFailure("'hexagram chaos' stops and continues processes with signals, which Windows has not. Run it on Linux or macOS, or in WSL.");
        }

        // Tried before the run: nobody wants to hear after half an hour that the page cannot be written.
        await using var page = settings.Report is { } file ? OpenPage(file) : null;
        var folder = Directory.CreateTempSubdirectory("hexagram-chaos-").FullName;
        var report = await RunAsync(ToChaos(settings, folder, surroundings), screen, surroundings);
        ChaosWords.Print(report, screen);
        if (page is not null)
        {
            await page.WriteAsync(HtmlReport.Write(report, HexagramCommandLine.Version));
            screen.Note($"The whole run is in {Path.GetFullPath(settings.Report!)}.");
        }

        if (!report.HasPassed)
        {
            screen.Note($"What the server and the clients left is in {folder}.");
            return ExitCode.Failure;
        }

        Directory.Delete(folder, recursive: true);
        return ExitCode.Success;
    }

    private static async Task<ChaosReport> RunAsync(ChaosSettings settings, Screen screen, Surroundings surroundings)
    {
        await using var run = new ChaosRun(settings);
        var running = run.RunAsync(surroundings.Stop);
        try
        {
            await ChaosPanel.ShowAsync(run, settings, running, screen);
            return await running;
        }
        catch (InvalidOperationException fault)
        {
            throw new CommandFailure($"{fault.Message} What there is of it is in {settings.Folder}.", cause: fault);
        }
    }

    private static StreamWriter OpenPage(string file)
    {
        try
        {
            return new StreamWriter(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailure($"The report cannot be written: {fault.Message}", cause: fault);
        }
    }

    private static ChaosSettings ToChaos(DisturbSettings settings, string folder, Surroundings surroundings) => new()
    {
        Duration = settings.Duration,
        Clients = settings.Clients,
        Nodes = settings.Nodes,
        Rate = settings.Rate,
        Transports = settings.Transports,
        WithTls = settings.WithTls,
        Faults = settings.Faults,
        Seed = settings.Seed,
        Folder = folder,
        Program = new ChaosProgram
        {
            FileName = OwnProgram.FileName,
            FirstWords = OwnProgram.FirstWords,
            ServerWords = OwnProgram.ServerWords(forWebSockets: settings.Transports.Any(transport => transport != Transport.Tcp)),
            ClientWords = [ChaosCommand.ClientWord],
            IssueToken = (data, user) => OwnProgram.IssueToken(data, user, surroundings.Time),
            OpenStore = data => OwnProgram.OpenStoreAsync(data, surroundings),
        },
    };
}

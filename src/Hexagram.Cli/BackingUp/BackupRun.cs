using System.Globalization;
using Hexagram.Cli.CommandLine;
using Hexagram.Cli.Output;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Texts;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb.Inspecting;

namespace Hexagram.Cli.BackingUp;

/// <summary>
/// One run of <c>backup</c>: copies a data folder, of a running server or of one that is stopped, under a name that says that it is not finished, verifies
/// the copy, and only then gives it its name.
/// </summary>
internal static class BackupRun
{
    /// <summary>The name of the mailboxes' folder within a backup.</summary>
    public const string Mailboxes = "mailboxes";

    /// <summary>Takes a backup.</summary>
    /// <exception cref="CommandFailure">There is none then; the message says why.</exception>
    public static async Task<ExitCode> RunAsync(DataFolder data, string to, Screen screen, Surroundings surroundings)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(to));
        Check(data, target);
        try
        {
            using var unfinished = UnfinishedFolder.Take($"{target}.unfinished");
            var (record, isServerRunning) = await CopyAsync(data, unfinished.Path, surroundings);
            await VerifyAsync(record, unfinished.Path, surroundings.Stop);
            record.Write(unfinished.Path);
            unfinished.Finish(target);
            Report(record, target, isServerRunning, screen);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (surroundings.Stop.IsCancellationRequested)
        {
            throw new CommandFailure($"The backup was stopped before its end. What there is of it in {target}.unfinished is none; the next run removes it.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            throw new CommandFailure($"There is no backup in {target}: {fault.Message}", cause: fault);
        }
    }

    /// <summary>Compares what a folder holds with its record; says what is wrong, or null.</summary>
    public static async Task<string?> CompareAsync(BackupRecord record, string folder, CancellationToken cancellationToken)
    {
        foreach (var (name, content) in record.Files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                return $"the file {path} is missing";
            }

            if (await FileCopy.ReadAsync(path, cancellationToken) != content)
            {
                return $"the file {path} is not what was backed up";
            }
        }

        return null;
    }

    private static void Check(DataFolder data, string target)
    {
        if (!Directory.Exists(data.Mailboxes))
        {
            throw new CommandFailure($"There are no mailboxes in {data.Path}. Name the server's data folder with --data DIR.");
        }

        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new CommandFailure($"{target} is not empty. A backup never overwrites anything: name a folder that does not exist.");
        }

        if (File.Exists(target))
        {
            throw new CommandFailure($"{target} is a file. Name a folder that does not exist.");
        }

        if ($"{target}{Path.DirectorySeparatorChar}".StartsWith($"{data.Path}{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        {
            throw new CommandFailure($"{target} lies in the data folder itself, and would be gone together with it. Name another.");
        }
    }

    private static async Task<(BackupRecord Record, bool IsServerRunning)> CopyAsync(DataFolder data, string to, Surroundings surroundings)
    {
        var takenAt = surroundings.Time.GetUtcNow();
        var files = new SortedDictionary<string, FileContent>(StringComparer.Ordinal);
        await using var second = await SecondStore.MakeAsync(data, surroundings);
        var sources = Directory.EnumerateFiles(second.Folder, "*", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: $"{Mailboxes}/{Path.GetRelativePath(second.Folder, path).Replace('\\', '/')}"))
            .Concat(new[] { data.KeyFile, data.SettingsFile }.Where(File.Exists).Select(path => (Path: path, Name: Path.GetFileName(path))));
        foreach (var (path, name) in sources)
        {
            files[name] = await FileCopy.CopyAsync(path, Path.Combine(to, name), surroundings.Stop);
        }

        FileCopy.FlushNames(to);
        using var view = StoreView.Open(Path.Combine(to, Mailboxes));
        var count = view.Verify();
        var record = new BackupRecord
        {
            Format = BackupRecord.FormatCurrent,
            TakenAt = takenAt,
            Version = HexagramCommandLine.Version,
            Epoch = second.Epoch,
            Mailboxes = count.Mailboxes,
            Entries = count.Entries,
            Unconfirmed = count.Unconfirmed,
            Files = files,
        };
        return (record, second.IsServerRunning);
    }

    /// <summary>Reads everything again from where it is to stay.</summary>
    private static async Task VerifyAsync(BackupRecord record, string folder, CancellationToken cancellationToken)
    {
        if (await CompareAsync(record, folder, cancellationToken) is { } fault)
        {
            throw new IOException($"{fault}; see to the disk.");
        }
    }

    private static void Report(BackupRecord record, string target, bool isServerRunning, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteString("backup", target);
                json.WriteInstant("takenAt", record.TakenAt);
                json.WriteString("epoch", record.Epoch);
                json.WriteNumber("mailboxes", record.Mailboxes);
                json.WriteNumber("entries", record.Entries);
                json.WriteNumber("unconfirmed", record.Unconfirmed);
                json.WriteNumber("files", record.Files.Count);
                json.WriteNumber("bytes", record.Bytes);
                json.WriteBoolean("serverRunning", isServerRunning);
            });
            return;
        }

        screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"Backed up and verified in {target}: {record.Contents} ({record.Unconfirmed:N0} unconfirmed), {Counted.Of(record.Files.Count, "file", "files")}, {Counted.Of(record.Bytes, "byte", "bytes")}."));
        screen.Note("It holds everybody's messages and the key of all tokens: keep it where nobody else can read it.");
    }
}

using System.Globalization;
using Hexagram.Cli.Output;
using Hexagram.Cli.Serving;
using Hexagram.Protocol;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Cli.BackingUp;

/// <summary>
/// One run of <c>restore</c>: copies a backup's mailboxes to where nobody takes them for a server's, begins their new epoch there, and only then puts them into
/// place. Killed at any moment, there is either no server's store or the whole one with its new epoch.
/// </summary>
internal static class RestoreRun
{
    /// <summary>Restores a backup.</summary>
    /// <exception cref="CommandFailure">Nothing is restored then; the message says why.</exception>
    public static async Task<ExitCode> RunAsync(string from, DataFolder data, Screen screen, Surroundings surroundings)
    {
        var source = Path.GetFullPath(from);
        var record = BackupRecord.Read(source);
        Check(source, record, data);
        try
        {
            if (await BackupRun.CompareAsync(record, source, surroundings.Stop) is { } damage)
            {
                throw new CommandFailure($"The backup in {source} is damaged: {damage}. Restore another one.");
            }

            data.Create();
            using var unfinished = UnfinishedFolder.Take(data.UnfinishedRestore);
            await CopyAsync(source, unfinished.Path, record, surroundings.Stop);
            var epoch = await BeginEpochAsync(Path.Combine(unfinished.Path, BackupRun.Mailboxes), surroundings.Time);
            PutIntoPlace(unfinished, data);
            Report(record, source, data, epoch, screen);
            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (surroundings.Stop.IsCancellationRequested)
        {
            throw new CommandFailure($"The restore was stopped before its end; run it again. Until then no server starts on {data.Path}.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            throw new CommandFailure($"{data.Path} was not restored: {fault.Message}", cause: fault);
        }
    }

    private static void Check(string source, BackupRecord record, DataFolder data)
    {
        if (Directory.Exists(data.Mailboxes))
        {
            throw new CommandFailure($"There are mailboxes in {data.Path} already. A restore never overwrites any: name a new folder, or move {data.Mailboxes} away and keep it until all is well.");
        }

        var key = Path.Combine(source, Path.GetFileName(data.KeyFile));
        if (record.Files.ContainsKey(Path.GetFileName(data.KeyFile)) && File.Exists(key) && File.Exists(data.KeyFile)
            && !File.ReadAllBytes(key).AsSpan().SequenceEqual(File.ReadAllBytes(data.KeyFile)))
        {
            throw new CommandFailure($"The key {data.KeyFile} is not the one of the backup: it would refuse everybody's tokens. Move it away, or restore into another folder.");
        }
    }

    private static async Task CopyAsync(string source, string to, BackupRecord record, CancellationToken cancellationToken)
    {
        foreach (var (name, content) in record.Files)
        {
            if (await FileCopy.CopyAsync(Path.Combine(source, name), Path.Combine(to, name), cancellationToken) != content)
            {
                throw new IOException($"the file {name} of the backup changed while it was copied.");
            }
        }

        FileCopy.FlushNames(to);
    }

    /// <summary>Clients learn from the new epoch that this history may lack what the old one had, and send that again.</summary>
    private static async Task<Epoch> BeginEpochAsync(string mailboxes, TimeProvider time)
    {
        await using var store = RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = mailboxes }, time);
        return await store.BeginEpochAsync();
    }

    /// <summary>The mailboxes last: where they are, everything is.</summary>
    private static void PutIntoPlace(UnfinishedFolder unfinished, DataFolder data)
    {
        foreach (var file in new[] { data.KeyFile, data.SettingsFile })
        {
            var copy = Path.Combine(unfinished.Path, Path.GetFileName(file));
            if (File.Exists(copy) && !File.Exists(file))
            {
                File.Move(copy, file);
            }
        }

        DirectorySync.Flush(data.Path);
        FileCopy.FlushNames(unfinished.Path);
        Directory.Move(Path.Combine(unfinished.Path, BackupRun.Mailboxes), data.Mailboxes);
        DirectorySync.Flush(data.Path);
        unfinished.Remove();
    }

    private static void Report(BackupRecord record, string source, DataFolder data, Epoch epoch, Screen screen)
    {
        if (screen.IsJson)
        {
            screen.Json(json =>
            {
                json.WriteString("restored", data.Path);
                json.WriteString("from", source);
                json.WriteInstant("takenAt", record.TakenAt);
                json.WriteString("epoch", epoch.ToString());
                json.WriteString("epochBefore", record.Epoch);
                json.WriteNumber("mailboxes", record.Mailboxes);
                json.WriteNumber("entries", record.Entries);
            });
            return;
        }

        screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"Restored into {data.Path}: {record.Contents}, as of {record.TakenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, in the new epoch {epoch}."));
        screen.Note("What was delivered since then is not in it; what senders have not been told to be delivered they send again by themselves.");
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Hexagram.Cli.Texts;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Cli.BackingUp;

/// <summary>
/// The file <c>BACKUP</c> of a backup's folder: what the backup holds, file by file. It is written last; a folder without it is no backup.
/// </summary>
internal sealed record BackupRecord
{
    /// <summary>The file's name.</summary>
    public const string FileName = "BACKUP";

    /// <summary>The form of this file and of the folder.</summary>
    public const int FormatCurrent = 1;

    /// <summary>Which form it is.</summary>
    public required int Format { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The program that made it.</summary>
    public required string Version { get; init; }

    /// <summary>The history that its mailboxes belong to.</summary>
    public required string Epoch { get; init; }

    /// <summary>Mailboxes in it.</summary>
    public required long Mailboxes { get; init; }

    /// <summary>Entries in them.</summary>
    public required long Entries { get; init; }

    /// <summary>Those that no device had confirmed.</summary>
    public required long Unconfirmed { get; init; }

    /// <summary>Every file, by its path within the folder, with slashes.</summary>
    public required IReadOnlyDictionary<string, FileContent> Files { get; init; }

    /// <summary>The bytes of all files.</summary>
    [JsonIgnore]
    public long Bytes => Files.Values.Sum(file => file.Bytes);

    /// <summary>What it holds, in words.</summary>
    [JsonIgnore]
    public string Contents => $"{Counted.Of(Mailboxes, "mailbox", "mailboxes")}, {Counted.Of(Entries, "entry", "entries")}";

    /// <summary>Reads the record of the backup in a folder.</summary>
    /// <exception cref="CommandFailure">There is none that this program understands.</exception>
    public static BackupRecord Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new CommandFailure($"{folder} is no backup: it has no file {FileName}, which is written when a backup is complete.");
        }

        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), BackupJson.Default.BackupRecord)!;
            return record.Format == FormatCurrent
                ? record
                : throw new CommandFailure($"The backup in {folder} has form {record.Format}; this program reads form {FormatCurrent}. Use the version that made it ({record.Version}), or a later one.");
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"The file {path} cannot be understood: {fault.Message} Take another backup.", cause: fault);
        }
    }

    /// <summary>Writes the record into a folder whose other files are complete. Durable when it returns.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using (var file = FileCopy.Create(path))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupRecord));
            file.Flush(flushToDisk: true);
        }

        DirectorySync.Flush(folder);
    }
}

/// <summary>The JSON form of <see cref="BackupRecord"/>.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupRecord))]
internal sealed partial class BackupJson : JsonSerializerContext;

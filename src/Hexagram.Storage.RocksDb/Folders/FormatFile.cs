using System.Globalization;
using System.Text;
using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Folders;

/// <summary>The file <c>FORMAT</c> of a store's folder, which says how to read the rest; without it the store is not set up.</summary>
internal static class FormatFile
{
    private const string Name = "FORMAT";
    private const string Prefix = "hexagram mailboxes, format ";

    /// <summary>The format of the store in a folder, which this program can read; null when the folder has no such file.</summary>
    /// <exception cref="StoreUnavailableException">It says something else; the message says what to do.</exception>
    internal static int? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        var format = File.ReadAllText(path).Trim();
        if (!format.StartsWith(Prefix, StringComparison.Ordinal)
            || !int.TryParse(format.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw new StoreUnavailableException($"The file FORMAT in '{folder}' does not say what it should; this is no mailbox store, or it was damaged. Restore the folder from a backup, or name another.");
        }

        return version is >= FormatVersion.Oldest and <= FormatVersion.Current
            ? version
            : throw new StoreUnavailableException(
                $"The mailbox store in '{folder}' has format {version}; this program reads formats {FormatVersion.Oldest} to {FormatVersion.Current}. Use the version of the program that wrote it, or a later one that says it can read it.");
    }

    /// <summary>Writes down the format that this program writes. Durable when it returns.</summary>
    internal static void Write(string folder)
    {
        // Under another name first: a kill in between must not leave a file that says half of it.
        var path = Path.Combine(folder, Name);
        var unfinished = path + ".new";
        using (var file = File.Create(unfinished))
        {
            file.Write(Encoding.ASCII.GetBytes(Prefix + FormatVersion.Current.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
        DirectorySync.Flush(folder);
    }
}

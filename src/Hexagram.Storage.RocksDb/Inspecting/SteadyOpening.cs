using Hexagram.Storage.RocksDb.Databases;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Storage.RocksDb.Inspecting;

/// <summary>
/// Opens a database that another process may be writing. What is read first says which files there are, and the writer may replace some before they are
/// read: then something is missing without a word. So an opening counts only if the list of files was the same before and after it.
/// </summary>
internal static class SteadyOpening
{
    private const int AttemptsMax = 200;

    internal static Database Open(string folder)
    {
        var data = Path.Combine(folder, StoreFolder.DataName);
        var options = new RocksDbStoreOptions { Folder = folder };
        for (var attempt = 1; ; attempt++)
        {
            // Read before the log, which only grows: what the mark covers must be found there.
            var mark = DurableMark.Read(folder);
            var before = ListFiles(data);
            Database? database = null;
            try
            {
                database = Database.OpenReadOnly(data, options, LogRecoveryMode.UpToDamage);
                if (ListFiles(data) == before)
                {
                    return mark is null || database.LatestSequenceNumber >= mark
                        ? database
                        : throw new InvalidDataException($"its log can be read up to record {database.LatestSequenceNumber}, but had been synced up to record {mark}.");
                }

                database.Dispose();
            }
            catch (RocksException) when (attempt < AttemptsMax && ListFiles(data) != before)
            {
                // A file went away under this reader's feet; the next list has what came instead.
                continue;
            }
            catch (InvalidDataException)
            {
                database?.Dispose();
                throw;
            }

            if (attempt == AttemptsMax)
            {
                throw new IOException($"the server replaces its files faster than they can be opened ({AttemptsMax} attempts). Ask again when it has less to do.");
            }
        }
    }

    /// <summary>What a reader goes by: the files of the log, and the list of sorted files with its length, which grows with each change.</summary>
    private static string ListFiles(string data) => string.Join('\n', new DirectoryInfo(data).EnumerateFiles()
        .Where(file => file.Extension == ".log" || file.Name.StartsWith("MANIFEST-", StringComparison.Ordinal))
        .Select(file => file.Extension == ".log" ? file.Name : FormattableString.Invariant($"{file.Name} {file.Length}"))
        .Order(StringComparer.Ordinal));
}

using Hexagram.Storage.RocksDb.Databases;

namespace Hexagram.Storage.RocksDb.Folders;

/// <summary>
/// Opens the database of a folder and judges what its log says. A log may end torn: the machine died while it was being written, and
/// nobody was told about that end. But what had been synced must be there, all of it; a store that opens without it would lie.
/// </summary>
/// <remarks>
/// RocksDB's own modes either refuse a torn end, or drop whatever follows the first damage without a word. Therefore the strict mode
/// comes first; if the log is not whole, it is read without changing anything, and its readable part compared with the
/// <see cref="DurableMark"/>.
/// </remarks>
internal static class LogRecovery
{
    /// <exception cref="StoreUnavailableException">It cannot be opened; the message says why and what to do.</exception>
    internal static Database Open(StoreFolder folder, RocksDbStoreOptions options)
    {
        try
        {
            return folder.IsSetUp ? OpenExisting(folder, options) : Database.Open(folder.DataPath, options, LogRecoveryMode.Strict, create: true);
        }
        catch (RocksException fault)
        {
            throw IsDamage(fault) ? Damaged(folder, fault.Message, fault) : Unusable(folder, fault);
        }
        catch (InvalidDataException fault)
        {
            throw Damaged(folder, fault.Message, fault);
        }
    }

    /// <summary>What to say of a store that is not whole.</summary>
    internal static StoreUnavailableException Damaged(StoreFolder folder, string what, Exception? cause) => new(
        $"The mailbox store in '{folder.Path}' is damaged: {what} Restore the folder from a backup and begin a new epoch; keep the damaged folder until that is done.",
        cause ?? new InvalidDataException(what));

    private static Database OpenExisting(StoreFolder folder, RocksDbStoreOptions options)
    {
        Database database;
        try
        {
            database = Database.Open(folder.DataPath, options, LogRecoveryMode.Strict, create: false);
        }
        catch (RocksException fault) when (fault.IsCorruption && EndsTornOnly(folder, options))
        {
            database = Database.Open(folder.DataPath, options, LogRecoveryMode.UpToDamage, create: false);
        }

        // A log that was cut off between two records looks whole to RocksDB in every mode.
        if (Missing(folder, database.LatestSequenceNumber) is { } missing)
        {
            database.Dispose();
            throw new InvalidDataException(missing);
        }

        return database;
    }

    /// <summary>Whether all that was ever synced can be read, so that only the torn end is missing.</summary>
    private static bool EndsTornOnly(StoreFolder folder, RocksDbStoreOptions options)
    {
        if (folder.Mark.Value is null)
        {
            return false;
        }

        using var readOnly = Database.OpenReadOnly(folder.DataPath, options, LogRecoveryMode.UpToDamage);
        return Missing(folder, readOnly.LatestSequenceNumber) is null;
    }

    private static string? Missing(StoreFolder folder, ulong latest) => folder.Mark.Value is { } mark && latest < mark
        ? $"its log can be read up to record {latest}, but had been synced up to record {mark}."
        : null;

    // A file that is gone was there when the store was set up; RocksDB calls that an I/O error or an invalid argument.
    private static bool IsDamage(RocksException fault) =>
        fault.IsCorruption
        || fault.Message.Contains("No such file", StringComparison.Ordinal)
        || fault.Message.Contains("does not exist", StringComparison.Ordinal);

    private static StoreUnavailableException Unusable(StoreFolder folder, RocksException fault) => new(
        $"The mailbox store in '{folder.Path}' cannot be opened: {fault.Message} See to the disk and to who may write there.",
        fault);
}

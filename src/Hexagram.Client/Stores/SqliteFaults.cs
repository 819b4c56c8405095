using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Hexagram.Client.Stores;

/// <summary>What SQLite's error codes mean for whoever owns the folder.</summary>
internal static class SqliteFaults
{
    internal static ClientStoreException Translate(Exception cause, string file) => cause switch
    {
        ClientStoreException known => known,
        SqliteException fault => new ClientStoreException($"{file}: {Words(fault.SqliteErrorCode)} ({fault.Message})", fault),
        InvalidDataException fault => new ClientStoreException($"{file} is damaged: {fault.Message} Restore the folder from a copy, or move it away to begin anew.", fault),
        _ => new ClientStoreException($"{file} cannot be written: {cause.Message}", cause),
    };

    private static string Words(int code) => code switch
    {
        SQLITE_FULL => "the disk is full; nothing of this was written. Free some space and try again.",
        SQLITE_READONLY or SQLITE_PERM => "the file cannot be written. Give this process the right to write to it and to its folder.",
        SQLITE_CANTOPEN => "the file cannot be opened. Check that its folder exists and that this process may write there.",
        SQLITE_CORRUPT or SQLITE_NOTADB => "the file is damaged or not a client store. Restore the folder from a copy, or move it away to begin anew.",
        SQLITE_IOERR => "the disk reports an error. What was not confirmed may not be there; close the client and check the disk.",
        SQLITE_BUSY or SQLITE_LOCKED => "another program holds the file for writing. End its transaction.",
        _ => "SQLite cannot do this.",
    };
}

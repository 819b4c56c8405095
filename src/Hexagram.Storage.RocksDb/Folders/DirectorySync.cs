using System.Runtime.InteropServices;

namespace Hexagram.Storage.RocksDb.Folders;

/// <summary>
/// Makes the names in a directory durable. Syncing a file does not promise that its name survives a power loss; on Unix that takes a
/// sync of the directory, which .NET does not offer. Windows needs none.
/// </summary>
public static partial class DirectorySync
{
    /// <summary>Syncs a directory: the names in it are durable when this returns.</summary>
    /// <exception cref="IOException">It cannot be synced.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(directory, 0);
        if (descriptor < 0)
        {
            throw Fault(directory);
        }

        var result = Sync(descriptor);
        var fault = result == 0 ? null : Fault(directory);
        _ = Close(descriptor);
        if (fault is not null)
        {
            throw fault;
        }
    }

    private static IOException Fault(string directory) =>
        new($"The directory '{directory}' could not be synced: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

using Hexagram.Storage.RocksDb.Format;

namespace Hexagram.Storage.RocksDb.Folders;

/// <summary>
/// A store's folder, held by this process alone until disposed: by the lock on <c>LOCK</c>. <c>HOLDER</c> says who holds it,
/// <c>FORMAT</c> how to read it, <c>DURABLE</c> how far its log was synced, and <c>rocksdb/</c> holds the data.
/// </summary>
internal sealed class StoreFolder : IDisposable
{
    /// <summary>The name of the folder in it where RocksDB keeps its files.</summary>
    internal const string DataName = "rocksdb";

    private readonly FileStream _lock;

    private StoreFolder(string path, FileStream held, DurableMark mark) => (Path, _lock, Mark) = (path, held, mark);

    /// <summary>The folder's full path.</summary>
    internal string Path { get; }

    /// <summary>Where RocksDB keeps its files.</summary>
    internal string DataPath => System.IO.Path.Combine(Path, DataName);

    /// <summary>How far the log was synced.</summary>
    internal DurableMark Mark { get; }

    /// <summary>Whether the store has been set up completely; until then nothing can have been accepted.</summary>
    internal bool IsSetUp { get; private set; }

    /// <summary>It is of an older format; <see cref="FinishSetUp"/> raises it.</summary>
    internal bool IsOlder { get; private set; }

    /// <summary>Takes the folder, making it if need be, and sees that it can be read by this program.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be taken; the message says why and what to do.</exception>
    internal static StoreFolder Take(string folder)
    {
        var path = System.IO.Path.GetFullPath(folder);
        try
        {
            Create(path);
            var held = Lock(path);
            DurableMark? mark = null;
            try
            {
                mark = new DurableMark(System.IO.Path.Combine(path, DurableMark.FileName));
                var taken = new StoreFolder(path, held, mark);
                taken.CheckFormat();
                return taken;
            }
            catch
            {
                mark?.Dispose();
                held.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The mailbox store's folder '{path}' cannot be used: {fault.Message} Name a folder that this user may write to.", fault);
        }
    }

    /// <summary>Writes down that the store is complete and in which format.</summary>
    internal void FinishSetUp()
    {
        FormatFile.Write(Path);
        IsSetUp = true;
    }

    public void Dispose()
    {
        Mark.Dispose();
        _lock.Dispose();
    }

    /// <summary>Makes a folder for its owner alone, if it is not there, and its name durable.</summary>
    internal static void Create(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            // Whoever can read this folder can read everybody's messages.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            DirectorySync.Flush(parent);
        }
    }

    private static FileStream Lock(string path)
    {
        // What the lock is on cannot be read while it is held; so who holds it stands in a file of its own.
        var lockPath = System.IO.Path.Combine(path, "LOCK");
        var holderPath = System.IO.Path.Combine(path, "HOLDER");
        FileStream held;
        try
        {
            held = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (File.Exists(lockPath))
        {
            var holder = File.Exists(holderPath) ? File.ReadAllText(holderPath).Trim() : "another process";
            throw new StoreUnavailableException(
                $"The mailbox store's folder '{path}' is in use by {holder}. Stop that process, or name another folder.",
                fault);
        }

        try
        {
            File.WriteAllText(holderPath, $"process {Environment.ProcessId} ({Environment.ProcessPath}) on {Environment.MachineName}\n");
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void CheckFormat()
    {
        if (FormatFile.Read(Path) is not { } version)
        {
            if (Mark.Value is not null)
            {
                throw new StoreUnavailableException(
                    $"The mailbox store in '{Path}' has lost its file FORMAT, so it is not known how to read it. Restore the folder from a backup, all of it.");
            }

            return;
        }

        IsOlder = version < FormatVersion.Current;
        IsSetUp = true;
    }
}

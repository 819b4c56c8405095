using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Cli.BackingUp;

/// <summary>
/// A folder that is being filled, under a name that says so, held by this process alone. What a process that died left under the same name is
/// removed first; so at most one such folder ever lies beside each finished one.
/// </summary>
internal sealed class UnfinishedFolder : IDisposable
{
    private readonly FileStream _lock;

    private UnfinishedFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Its full path.</summary>
    public string Path { get; }

    private string LockPath => LockOf(Path);

    /// <summary>Takes the folder, empty.</summary>
    /// <exception cref="CommandFailure">Another process fills it, or it cannot be made.</exception>
    public static UnfinishedFolder Take(string path)
    {
        FileStream? held = null;
        try
        {
            PrivateFolder.Create(path);
            held = new FileStream(LockOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            foreach (var folder in Directory.EnumerateDirectories(path))
            {
                Directory.Delete(folder, recursive: true);
            }

            foreach (var file in Directory.EnumerateFiles(path).Where(file => file != LockOf(path)))
            {
                File.Delete(file);
            }

            return new UnfinishedFolder(path, held);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new CommandFailure($"{path} cannot be filled: {fault.Message}", cause: fault);
        }
    }

    /// <summary>Gives the folder its name. Durable when it returns; before, nothing has that name.</summary>
    /// <exception cref="IOException">Something has that name, or it cannot be renamed.</exception>
    public void Finish(string name)
    {
        _lock.Dispose();
        File.Delete(LockPath);
        DirectorySync.Flush(Path);
        if (Directory.Exists(name))
        {
            // Only an empty folder gives way: this throws for any other.
            Directory.Delete(name);
        }

        Directory.Move(Path, name);
        DirectorySync.Flush(System.IO.Path.GetDirectoryName(name)!);
    }

    /// <summary>Removes the folder, and what is left in it.</summary>
    public void Remove()
    {
        _lock.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static string LockOf(string path) => System.IO.Path.Combine(path, "LOCK");
}

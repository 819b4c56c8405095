using System.Security.Cryptography;
using Hexagram.Storage.RocksDb.Folders;

namespace Hexagram.Cli.BackingUp;

/// <summary>Copies files for good: readable by their owner alone, synced, and with what tells later whether they are still the same.</summary>
internal static class FileCopy
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Copies a file, and the folder that it needs.</summary>
    /// <returns>What is in it.</returns>
    /// <exception cref="IOException">It cannot be copied.</exception>
    public static async Task<FileContent> CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        PrivateFolder.Create(Path.GetDirectoryName(to)!);
        await using var target = Create(to);
        var content = await ReadAsync(from, chunk => target.WriteAsync(chunk, cancellationToken), cancellationToken);
        target.Flush(flushToDisk: true);
        return content;
    }

    /// <summary>Makes a file that is not there, for its owner alone.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>Reads a file to its end, for what is in it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Task<FileContent> ReadAsync(string path, CancellationToken cancellationToken) => ReadAsync(path, _ => ValueTask.CompletedTask, cancellationToken);

    /// <summary>Makes the names in a folder durable, and in all folders in it.</summary>
    public static void FlushNames(string folder)
    {
        foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            DirectorySync.Flush(inner);
        }

        DirectorySync.Flush(folder);
    }

    private static async Task<FileContent> ReadAsync(string path, Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellationToken)
    {
        await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var bytes = 0L;
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await take(buffer.AsMemory(0, read));
            bytes += read;
        }

        return new FileContent(bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

/// <summary>What tells the content of a file.</summary>
/// <param name="Bytes">How long it is.</param>
/// <param name="Sha256">Its hash, in hexadecimal digits.</param>
internal readonly record struct FileContent(long Bytes, string Sha256);

using System.Text;

namespace Hexagram.Cli.Serving.Control;

/// <summary>
/// Another way to a file, for as long as it is not disposed: an address of a Unix socket holds about 100 bytes, and a data folder may lie deeper. The socket itself
/// is in the data folder either way, with that folder's permissions.
/// </summary>
internal sealed class ShortPath : IDisposable
{
    /// <summary>What every system allows, the byte at the end included (macOS: 104, Linux: 108).</summary>
    private const int BytesMax = 100;

    private readonly string? _folder;

    private ShortPath(string path, string? folder) => (Path, _folder) = (path, folder);

    /// <summary>The way.</summary>
    public string Path { get; }

    /// <summary>The file's own path, if that is short enough; else one through a link in a folder that only this user may look into.</summary>
    /// <exception cref="IOException">There can be no such link.</exception>
    public static ShortPath To(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) <= BytesMax)
        {
            return new ShortPath(path, null);
        }

        var folder = Directory.CreateTempSubdirectory("hexagram-").FullName;
        var link = System.IO.Path.Combine(folder, "data");
        Directory.CreateSymbolicLink(link, System.IO.Path.GetDirectoryName(path)!);
        return new ShortPath(System.IO.Path.Combine(link, System.IO.Path.GetFileName(path)), folder);
    }

    /// <summary>Takes the link away; the file stays.</summary>
    public void Dispose()
    {
        if (_folder is not null)
        {
            // Of a link, the link alone.
            File.Delete(System.IO.Path.Combine(_folder, "data"));
            Directory.Delete(_folder);
        }
    }
}

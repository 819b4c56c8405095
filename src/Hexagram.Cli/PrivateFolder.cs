namespace Hexagram.Cli;

/// <summary>A folder that its owner alone may look into: it holds messages.</summary>
internal static class PrivateFolder
{
    /// <summary>Makes it and what leads to it; one that is there keeps its permissions.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

namespace Hexagram.Architecture.Tests;

/// <summary>The files of the repository that this test assembly was built from. Paths are relative to its root, with slashes.</summary>
internal static class Repository
{
    // What building, testing and running leave behind; none of it is tracked.
    private static readonly HashSet<string> Untracked = new(StringComparer.Ordinal)
    {
        ".git", ".vs", ".idea", "bin", "obj", "artifacts", "node_modules", "dist",
        "hexagram-data", "TestResults", "BenchmarkDotNet.Artifacts",
    };

    private static readonly Lazy<string> FoundRoot = new(FindRoot);

    private static readonly Lazy<IReadOnlyList<string>> FoundFiles = new(() =>
        [.. Walk(new DirectoryInfo(Root)).Order(StringComparer.Ordinal)]);

    private static readonly Lazy<IReadOnlyList<SourceFile>> FoundSources = new(() =>
        [.. Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => new SourceFile(path, Read(path)))]);

    public static string Root => FoundRoot.Value;

    public static IReadOnlyList<string> Files => FoundFiles.Value;

    /// <summary>Every C# file under src/ and tests/.</summary>
    public static IReadOnlyList<SourceFile> Sources => FoundSources.Value;

    public static IEnumerable<string> Documents => Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hexagram.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Hexagram.slnx.");
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (Untracked.Contains(entry.Name))
            {
                continue;
            }

            if (entry is DirectoryInfo inner)
            {
                foreach (var file in Walk(inner))
                {
                    yield return file;
                }
            }
            else
            {
                yield return Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/');
            }
        }
    }
}

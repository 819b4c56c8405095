using System.IO.Compression;
using System.Text.RegularExpressions;
using Hexagram.EndToEnd.Programs;

[assembly: AssemblyFixture(typeof(Hexagram.Packaging.Feed))]

namespace Hexagram.Packaging;

/// <summary>
/// A folder with all packages of this repository, packed once for all tests, and room beside it for what they make from them. The Hexagram packages are never unpacked
/// into the machine's own cache, where the next version of the same number would not be looked at.
/// </summary>
public sealed partial class Feed : IAsyncLifetime
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hexagram-packages-");

    /// <summary>The package that is a command.</summary>
    internal const string Tool = "hexagram";

    /// <summary>Where the packages are.</summary>
    internal string Packages => Path.Combine(_root.FullName, "feed");

    /// <summary>Where the packages of the feed are unpacked.</summary>
    internal string Unpacked => Path.Combine(_root.FullName, "unpacked");

    /// <summary>The version of all packages.</summary>
    internal string Version { get; private set; } = "";

    /// <summary>Where this machine keeps the packages of others; restoring the repository has filled it.</summary>
    internal static string Cache =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Unpacked);
        await DotnetAsync(RepositoryRoot(), "pack", "Hexagram.slnx", "--no-build", "--configuration", Configuration(), "--output", Packages);
        Version = VersionInName().Match(Path.GetFileName(Directory.GetFiles(Packages, "Hexagram.Client.*.nupkg").Order(StringComparer.Ordinal).First())).Value;
    }

    public ValueTask DisposeAsync()
    {
        _root.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A new folder.</summary>
    internal string NewFolder(string name) => _root.CreateSubdirectory(name).FullName;

    /// <summary>Opens a package.</summary>
    internal ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Packages, $"{id}.{Version}.{extension}"));

    /// <summary>Runs the SDK, and fails with what it said unless it succeeds.</summary>
    /// <returns>What it said.</returns>
    internal static async Task<string> DotnetAsync(string folder, params string[] words)
    {
        // No compiler or build node stays behind, and none of an earlier build is asked.
        var variables = new Dictionary<string, string>
        {
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
        };
        await using var dotnet = RunningProgram.Start("dotnet", folder, variables, words);
        var code = await dotnet.EndAsync(TimeSpan.FromMinutes(5));
        Assert.True(code == 0, $"dotnet {string.Join(' ', words)} ended with {code}.\n{dotnet.Said}");
        return string.Join('\n', dotnet.Output);
    }

    /// <summary>The folder of the repository.</summary>
    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hexagram.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }

    /// <summary>As what this test was built: what is packed was built with it.</summary>
    private static string Configuration() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    [GeneratedRegex(@"\d+\.\d+\.\d+[\w.-]*(?=\.nupkg)")]
    private static partial Regex VersionInName();
}

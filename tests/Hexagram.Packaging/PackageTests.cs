using System.Xml.Linq;

namespace Hexagram.Packaging;

/// <summary>What is in the packages.</summary>
public sealed class PackageTests(Feed feed)
{
    private static readonly string[] Libraries =
    [
        "Hexagram.AspNetCore", "Hexagram.AspNetCore.Postgres", "Hexagram.Client", "Hexagram.Client.Data", "Hexagram.Client.Hosting", "Hexagram.Clustering.Redis", "Hexagram.Delivery", "Hexagram.Protocol", "Hexagram.Server", "Hexagram.Storage",
        "Hexagram.Storage.Postgres", "Hexagram.Storage.RocksDb",
    ];

    [Fact]
    public void There_are_the_libraries_and_the_tool_and_nothing_else() => Assert.Equal(
        [.. Libraries.Append(Feed.Tool).Order(StringComparer.Ordinal).Select(id => $"{id}.{feed.Version}.nupkg")],
        Directory.GetFiles(feed.Packages, "*.nupkg").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_package_says_what_it_is_and_under_which_licence()
    {
        foreach (var id in Libraries.Append(Feed.Tool))
        {
            using var package = feed.Open(id);
            using var stream = package.GetEntry($"{id}.nuspec")!.Open();
            var metadata = XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata").Elements().ToLookup(element => element.Name.LocalName);
            Assert.Equal((id, "MIT", "README.md"), (metadata["id"].Single().Value, metadata["license"].Single().Value, metadata["readme"].Single().Value));
            Assert.NotEqual("Package Description", metadata["description"].Single().Value);
            Assert.Contains("messaging", metadata["tags"].Single().Value, StringComparison.Ordinal);
            Assert.NotNull(package.GetEntry("README.md"));
        }
    }

    [Fact]
    public void Every_library_comes_with_its_documentation_and_its_symbols()
    {
        foreach (var id in Libraries)
        {
            using var package = feed.Open(id);
            Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.dll"));
            Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
            using var symbols = feed.Open(id, "snupkg");
            using var pdb = symbols.GetEntry($"lib/net10.0/{id}.pdb")!.Open();
            using var bytes = new MemoryStream();
            pdb.CopyTo(bytes);
            var text = System.Text.Encoding.Latin1.GetString(bytes.ToArray());
            Assert.DoesNotContain(Feed.RepositoryRoot(), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_tool_holds_the_native_library_of_its_store_for_each_platform()
    {
        using var package = feed.Open(Feed.Tool);
        foreach (var platform in new[] { "linux-x64/native/librocksdb.so", "linux-arm64/native/librocksdb.so", "osx-arm64/native/librocksdb.dylib", "win-x64/native/rocksdb.dll" })
        {
            Assert.NotNull(package.GetEntry($"tools/net10.0/any/runtimes/{platform}"));
        }
    }
}

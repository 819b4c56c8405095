using System.Xml.Linq;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>What a project file says about its dependencies.</summary>
/// <param name="Path">Relative to the root of the repository.</param>
/// <param name="Projects">Names of the projects it references.</param>
/// <param name="Packages">Names of the packages it references, and of shared frameworks.</param>
internal sealed record ProjectFile(string Path, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public bool IsProduct => Path.StartsWith("src/", StringComparison.Ordinal);

    public static ProjectFile Parse(string path, string xml)
    {
        var root = XDocument.Parse(xml).Root!;
        return new ProjectFile(
            path,
            [.. Included("ProjectReference").Select(file => System.IO.Path.GetFileNameWithoutExtension(file.Replace('\\', '/')))],
            [.. Included("PackageReference"), .. Included("FrameworkReference")]);

        IEnumerable<string> Included(string item) =>
            root.Descendants(item).Select(element => (string?)element.Attribute("Include")).OfType<string>();
    }
}

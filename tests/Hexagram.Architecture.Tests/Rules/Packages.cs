using System.Xml.Linq;

namespace Hexagram.Architecture.Tests.Rules;

/// <summary>A dependency comes with a sentence that says why.</summary>
internal static class Packages
{
    /// <summary>One line for each package without a comment directly above it that ends as a sentence does.</summary>
    public static IEnumerable<string> WithoutReason(string xml) =>
        XDocument.Parse(xml).Descendants("PackageVersion")
            .Where(package => package.PreviousNode is not XComment comment || !comment.Value.TrimEnd().EndsWith('.'))
            .Select(package => $"{package.Attribute("Include")?.Value} has no comment above it that says why it is here.");
}

using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Hexagram.Cli.Tests.Documents;

/// <summary>Reads what the source says about a property from the XML files that the compiler writes beside the assemblies.</summary>
internal static partial class Docstrings
{
    /// <summary>The summary of <paramref name="property"/> as one line of Markdown; empty when it has none.</summary>
    public static string SummaryOf(PropertyInfo property)
    {
        var assembly = property.DeclaringType!.Assembly.GetName().Name!;
        var file = XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly}.xml"));
        var name = $"P:{property.DeclaringType.FullName!.Replace('+', '.')}.{property.Name}";
        var summary = file.Descendants("member").FirstOrDefault(member => (string?)member.Attribute("name") == name)?.Element("summary");
        return summary is null ? "" : Blanks().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim();
    }

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } reference => $"`{LastName((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? "")}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => other.Value,
        _ => "",
    };

    private static string LastName(string reference) => reference.Split('.', ':')[^1];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}

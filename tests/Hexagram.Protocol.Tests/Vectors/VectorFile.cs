using System.Globalization;
using System.Text.Json.Nodes;

namespace Hexagram.Protocol.Tests.Vectors;

/// <summary>The files under <c>protocol/</c>, as they stand in the tree.</summary>
internal static class VectorFile
{
    /// <summary>The longest packet that <c>reading.json</c> allows: the default of a server (PROTOCOL §13).</summary>
    internal const int PacketBytesMax = ProtocolLimits.BodyBytesMaxDefault + ProtocolLimits.PacketOverheadBytes;

    internal static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "protocol", name));

    internal static IReadOnlyList<JsonNode> Vectors(string name) =>
        [.. JsonNode.Parse(Text(Path.Combine("vectors", name)))!["vectors"]!.AsArray().Select(vector => vector!)];

    internal static JsonNode Vector(string file, string name) => Vectors(file).Single(vector => Name(vector) == name);

    internal static TheoryData<string> Names(string file) => [.. Vectors(file).Select(Name)];

    internal static string Name(JsonNode vector) => vector["name"]!.GetValue<string>();

    /// <summary>The bytes of a frame: rows of hexadecimal pairs, each with <c>* n</c> behind it n times over.</summary>
    internal static byte[] Frame(JsonNode vector) => [.. vector["frame"]!.AsArray().SelectMany(row => Row(row!.GetValue<string>()))];

    private static IEnumerable<byte> Row(string row)
    {
        var parts = row.Split('*');
        var bytes = Convert.FromHexString(parts[0].Replace(" ", "", StringComparison.Ordinal));
        var times = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        return Enumerable.Repeat(bytes, times).SelectMany(copy => copy);
    }
}

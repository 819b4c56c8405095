using System.Globalization;
using System.Text;
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

    /// <summary>The bytes of a message: pieces of text, pieces that stand so many times, and pieces in hexadecimal pairs.</summary>
    internal static byte[] Message(JsonNode vector) => [.. vector["message"]!.AsArray().SelectMany(piece => Piece(piece!))];

    private static IEnumerable<byte> Piece(JsonNode piece)
    {
        if (piece is JsonValue text)
        {
            return Encoding.UTF8.GetBytes(text.GetValue<string>());
        }

        return piece["hex"] is { } hex
            ? Row(hex.GetValue<string>())
            : Enumerable.Repeat(Encoding.UTF8.GetBytes(piece["text"]!.GetValue<string>()), piece["times"]!.GetValue<int>()).SelectMany(copy => copy);
    }

    private static IEnumerable<byte> Row(string row)
    {
        var parts = row.Split('*');
        var bytes = Convert.FromHexString(parts[0].Replace(" ", "", StringComparison.Ordinal));
        var times = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        return Enumerable.Repeat(bytes, times).SelectMany(copy => copy);
    }
}

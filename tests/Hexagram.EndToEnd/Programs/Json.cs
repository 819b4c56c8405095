using System.Text.Json;

namespace Hexagram.EndToEnd.Programs;

/// <summary>Reads what the programs print with <c>--json</c>.</summary>
internal static class Json
{
    /// <summary>One line, which must be one JSON object.</summary>
    public static JsonElement Parse(string line)
    {
        try
        {
            var element = JsonDocument.Parse(line).RootElement;
            Assert.Equal(JsonValueKind.Object, element.ValueKind);
            return element;
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"Not a JSON object: {line}");
        }
    }

    /// <summary>A member that must be a string.</summary>
    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>The values of one member of many objects.</summary>
    public static IEnumerable<string> Texts(this IEnumerable<JsonElement> elements, string name) => elements.Select(element => element.Text(name));
}

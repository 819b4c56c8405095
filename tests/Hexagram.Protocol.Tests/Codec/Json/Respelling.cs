using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>The same JSON as another writer may spell it: other order, white space, escapes, and members that nobody knows.</summary>
internal static class Respelling
{
    private static readonly string[] Strangers = ["null", "-1.5e400", "[[],{}]", "\"\\ud800\"", "{\"kind\":\"ping\",\"kind\":7}", "\"{}\\\"\"", "false"];

    internal static string Of(JsonNode json, Random chance)
    {
        var text = new StringBuilder();
        Append(json, chance, text);
        return Space(chance) + text + Space(chance);
    }

    private static void Append(JsonNode json, Random chance, StringBuilder text)
    {
        switch (json)
        {
            case JsonObject members:
                Append(members, chance, text);
                break;
            case JsonArray elements:
                text.Append('[');
                for (var i = 0; i < elements.Count; i++)
                {
                    text.Append(i == 0 ? "" : ",").Append(Space(chance));
                    Append(elements[i]!, chance, text);
                    text.Append(Space(chance));
                }

                text.Append(']');
                break;
            case JsonValue value when value.TryGetValue<string>(out var words):
                Append(words, chance, text);
                break;
            default:
                text.Append(json.ToJsonString());
                break;
        }
    }

    private static void Append(JsonObject members, Random chance, StringBuilder text)
    {
        var all = members.Select(member => (member.Key, Value: member.Value)).Append((Key: "later", Value: null)).ToArray();
        chance.Shuffle(all);
        text.Append('{');
        for (var i = 0; i < all.Length; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(Space(chance));
            Append(all[i].Key, chance, text);
            text.Append(Space(chance)).Append(':').Append(Space(chance));
            if (all[i].Value is { } value)
            {
                Append(value, chance, text);
            }
            else
            {
                text.Append(Strangers[chance.Next(Strangers.Length)]);
            }

            text.Append(Space(chance));
        }

        text.Append('}');
    }

    private static void Append(string words, Random chance, StringBuilder text)
    {
        text.Append('"');
        foreach (var character in words)
        {
            if (character is < ' ' or '"' or '\\' || chance.Next(8) == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
            else if (char.IsSurrogate(character))
            {
                // Both halves alike: one as an escape and one as it stands is no text.
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            }
            else
            {
                text.Append(character == '/' && chance.Next(2) == 0 ? "\\/" : character.ToString());
            }
        }

        text.Append('"');
    }

    private static string Space(Random chance) => chance.Next(6) == 0 ? " \n\t\r"[..chance.Next(5)] : "";
}

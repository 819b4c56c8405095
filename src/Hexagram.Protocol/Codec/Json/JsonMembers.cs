using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// Where in the text of one object its known members stand. Unknown ones are passed over, whatever they hold. The text must be
/// known to be well formed: see <see cref="IsWellFormed"/>.
/// </summary>
internal ref struct JsonMembers
{
    private const int Count = (int)JsonMember.RetryAfterMilliseconds + 1;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = ProtocolLimits.JsonDepthMax };

    // The longest name; each of its bytes may be escaped.
    private const int NameBytesMax = 22;

    private static readonly byte[][] Names =
        [.. Enum.GetNames<JsonMember>().Select(name => Encoding.ASCII.GetBytes(char.ToLowerInvariant(name[0]) + name[1..]))];

    private readonly ReadOnlySpan<byte> _json;
    private Values _values;

    /// <summary>Finds the members.</summary>
    /// <param name="json">One object, from brace to brace.</param>
    internal JsonMembers(ReadOnlySpan<byte> json)
    {
        _json = json;
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Member(reader.ValueSpan);
            reader.Read();
            var (start, type) = ((int)reader.TokenStartIndex, reader.TokenType);
            reader.Skip();
            if (member >= 0)
            {
                ref var value = ref _values[member];
                value = new Value(start, (int)reader.BytesConsumed - start, type, value.Times + 1);
            }
        }
    }

    /// <summary>The name of a member.</summary>
    internal static string Name(JsonMember member) => Encoding.ASCII.GetString(Names[(int)member]);

    /// <summary>
    /// Whether this is one JSON text (RFC 8259) in UTF-8, nested no deeper than allowed, and an object. The reader speaks in exceptions; this is the
    /// one place where they are turned into a result.
    /// </summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> json)
    {
        // The reader does not look into strings that nobody asks it for.
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(json, Options);
            var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read())
            {
                // Reading is what checks.
            }

            return isObject;
        }
        catch (JsonException)
        {
            // Its words quote what they complain about.
            return false;
        }
    }

    /// <summary>The elements of an array, one after the other.</summary>
    internal static JsonElements Elements(ReadOnlySpan<byte> array) => new(array, Options);

    /// <summary>Whether the member stands in the object, once or more often.</summary>
    internal readonly bool Has(JsonMember member) => _values[(int)member].Times > 0;

    /// <summary>Whether the member stands in the object more than once.</summary>
    internal readonly bool Repeats(JsonMember member) => _values[(int)member].Times > 1;

    /// <summary>What kind of value the member has.</summary>
    internal readonly JsonTokenType Type(JsonMember member) => _values[(int)member].Type;

    /// <summary>The text of the member's value, a string with its quotation marks.</summary>
    internal readonly ReadOnlySpan<byte> Json(JsonMember member) => _json.Slice(_values[(int)member].Start, _values[(int)member].Length);

    private static int Member(scoped ReadOnlySpan<byte> name)
    {
        Span<byte> unescaped = stackalloc byte[6 * NameBytesMax];
        if (name.Contains((byte)'\\'))
        {
            if (name.Length > unescaped.Length || !JsonText.TryUnescape(name, unescaped, out var written))
            {
                return -1;
            }

            name = unescaped[..written];
        }

        for (var i = 0; i < Names.Length; i++)
        {
            if (name.SequenceEqual(Names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private readonly record struct Value(int Start, int Length, JsonTokenType Type, int Times);

    [InlineArray(Count)]
    private struct Values
    {
        private Value _first;
    }
}

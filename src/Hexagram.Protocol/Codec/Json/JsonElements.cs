using System.Text.Json;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>The elements of one array whose text is known to be well formed.</summary>
internal ref struct JsonElements
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    internal JsonElements(ReadOnlySpan<byte> json, JsonReaderOptions options)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, options);
        _reader.Read();
    }

    /// <summary>The next element and its type; false behind the last.</summary>
    internal bool TryTake(out ReadOnlySpan<byte> element, out JsonTokenType type)
    {
        _reader.Read();
        type = _reader.TokenType;
        var start = (int)_reader.TokenStartIndex;
        if (type == JsonTokenType.EndArray)
        {
            element = default;
            return false;
        }

        _reader.Skip();
        element = _json[start..(int)_reader.BytesConsumed];
        return true;
    }
}

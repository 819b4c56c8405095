using System.Buffers.Text;
using System.Text.Json;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Protocol.Polling;

/// <summary>
/// The object around packets, read as strictly as they are (PROTOCOL §3.5): one member at a time, remembering the first fault. Unknown members
/// are passed over.
/// </summary>
internal ref struct Envelope
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = ProtocolLimits.JsonDepthMax };

    private readonly string _name;
    private readonly ReadOnlySpan<byte> _json;

    /// <param name="name">What it is called in a fault.</param>
    /// <param name="json">The whole body.</param>
    internal Envelope(string name, ReadOnlySpan<byte> json)
    {
        _name = name;
        _json = json;
        if (!JsonMembers.IsWellFormed(json))
        {
            Refuse(ErrorCode.ProtocolViolation, $"is not one JSON object in UTF-8, or is nested deeper than {ProtocolLimits.JsonDepthMax}");
        }
    }

    /// <summary>What kind of fault it is.</summary>
    internal ErrorCode Code { get; private set; }

    /// <summary>Names the body and the member, never what the member holds.</summary>
    internal string? Fault { get; private set; }

    /// <summary>The packet in a member that must be there.</summary>
    internal T? Packet<T>(string member)
        where T : Packet
    {
        if (TryFind(member, out var json, out var type))
        {
            return Read<T>(member, json, type);
        }

        Refuse(ErrorCode.ProtocolViolation, $"has no {member}");
        return null;
    }

    /// <summary>The packets in a member; none when it is left out.</summary>
    internal IReadOnlyList<T> Packets<T>(string member, int packetsMax)
        where T : Packet
    {
        if (!TryFind(member, out var json, out var type))
        {
            return [];
        }

        if (type != JsonTokenType.StartArray)
        {
            Refuse(ErrorCode.ProtocolViolation, $"has {member} of another type than a list");
            return [];
        }

        var packets = new List<T>();
        var elements = JsonMembers.Elements(json);
        while (Fault is null && elements.TryTake(out var element, out var elementType))
        {
            if (packets.Count == packetsMax)
            {
                Refuse(ErrorCode.ProtocolViolation, $"has more than {packetsMax} {member}");
            }
            else if (Read<T>(member, element, elementType) is { } packet)
            {
                packets.Add(packet);
            }
        }

        return packets;
    }

    /// <summary>A whole number, spelled in digits alone; null when it is left out.</summary>
    internal long? Number(string member)
    {
        if (!TryFind(member, out var json, out var type))
        {
            return null;
        }

        if (type == JsonTokenType.Number
            && !json.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(json, out long value, out var consumed)
            && consumed == json.Length
            && value <= ProtocolLimits.NumberMax)
        {
            return value;
        }

        Refuse(ErrorCode.ProtocolViolation, $"has a {member} that is not a whole number in digits alone, or is too large");
        return null;
    }

    /// <summary>A text; empty when it is left out.</summary>
    internal string Text(string member)
    {
        if (!TryFind(member, out var json, out var type))
        {
            return "";
        }

        if (type == JsonTokenType.String && JsonFields.TryUnescape(json, out var utf8))
        {
            return System.Text.Encoding.UTF8.GetString(utf8);
        }

        Refuse(ErrorCode.ProtocolViolation, $"has a {member} that is not a text");
        return "";
    }

    /// <summary>True, or left out.</summary>
    internal bool Flag(string member)
    {
        if (!TryFind(member, out _, out var type) || type is JsonTokenType.True or JsonTokenType.False)
        {
            return type == JsonTokenType.True;
        }

        Refuse(ErrorCode.ProtocolViolation, $"has a {member} that is neither true nor false");
        return false;
    }

    /// <summary>The first fault stays.</summary>
    internal void Refuse(ErrorCode code, string words)
    {
        if (Fault is null)
        {
            Code = code;
            Fault = $"The body of {_name} {words}.";
        }
    }

    private T? Read<T>(string member, ReadOnlySpan<byte> json, JsonTokenType type)
        where T : Packet
    {
        if (type != JsonTokenType.StartObject)
        {
            Refuse(ErrorCode.ProtocolViolation, $"has something in {member} that is no packet");
            return null;
        }

        var read = JsonPacketCodec.Read(json, json.Length);
        if (read.Packet is T packet)
        {
            return packet;
        }

        Refuse(
            read.Packet is null ? read.Code : ErrorCode.ProtocolViolation,
            read.Packet is null ? $"has a packet in {member} that cannot be read. {read.Fault!.TrimEnd('.')}" : $"has a packet of another kind in {member}");
        return null;
    }

    private bool TryFind(string member, out ReadOnlySpan<byte> value, out JsonTokenType type)
    {
        value = default;
        type = JsonTokenType.None;
        if (Fault is not null)
        {
            return false;
        }

        var reader = new Utf8JsonReader(_json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(member);
            reader.Read();
            var (start, token) = ((int)reader.TokenStartIndex, reader.TokenType);
            reader.Skip();
            if (!isIt)
            {
                continue;
            }

            if (type != JsonTokenType.None)
            {
                Refuse(ErrorCode.ProtocolViolation, $"has {member} twice");
                return false;
            }

            value = _json[start..(int)reader.BytesConsumed];
            type = token;
        }

        return type != JsonTokenType.None;
    }
}

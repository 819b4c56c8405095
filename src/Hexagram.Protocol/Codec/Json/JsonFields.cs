using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// Turns the members of one object into the fields of the contract and remembers the first that cannot be one. Which values are in range is
/// <see cref="FieldReader"/>'s to say: here it matters only that a value is of its type and spelled as PROTOCOL §3.5 asks.
/// </summary>
internal ref struct JsonFields
{
    private readonly string _packet;
    private readonly JsonMembers _members;

    /// <param name="packet">What the packet is called in a fault.</param>
    /// <param name="members">Those of the packet, or of an object in it.</param>
    internal JsonFields(string packet, JsonMembers members)
    {
        _packet = packet;
        _members = members;
    }

    /// <summary>The text of a string without its quotation marks; false when it holds half of a surrogate pair. Most hold no escape and are taken as they stand.</summary>
    internal static bool TryUnescape(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> utf8)
    {
        utf8 = json[1..^1];
        if (!utf8.Contains((byte)'\\'))
        {
            return true;
        }

        var unescaped = new byte[utf8.Length];
        var isText = JsonText.TryUnescape(utf8, unescaped, out var written);
        utf8 = unescaped.AsSpan(0, written);
        return isText;
    }

    /// <summary>Names the packet and the member, never what the member holds.</summary>
    internal string? Fault { get; private set; }

    internal ByteString Id() => TryTake(JsonMember.Id, JsonTokenType.String, out var json) ? Id(json, JsonMember.Id) : ByteString.Empty;

    /// <summary>Not many more than allowed: how many that is, <see cref="FieldReader"/> says.</summary>
    internal IEnumerable<ByteString> Ids()
    {
        var ids = new List<ByteString>();
        if (TryTake(JsonMember.Ids, JsonTokenType.StartArray, out var json))
        {
            var elements = JsonMembers.Elements(json);
            while (Fault is null && ids.Count <= ProtocolLimits.IdsPerPacketMax && elements.TryTake(out var element, out var type))
            {
                ids.Add(type == JsonTokenType.String ? Id(element, JsonMember.Ids) : Refuse(JsonMember.Ids, "holds something else than texts", ByteString.Empty));
            }
        }

        return ids;
    }

    /// <inheritdoc cref="Ids"/>
    internal IEnumerable<Wire.MessageStatus> Statuses()
    {
        var statuses = new List<Wire.MessageStatus>();
        if (TryTake(JsonMember.Statuses, JsonTokenType.StartArray, out var json))
        {
            var elements = JsonMembers.Elements(json);
            while (Fault is null && statuses.Count <= ProtocolLimits.IdsPerPacketMax && elements.TryTake(out var element, out var type))
            {
                if (type != JsonTokenType.StartObject)
                {
                    Refuse(JsonMember.Statuses, "holds something else than objects", 0);
                    break;
                }

                var fields = new JsonFields(_packet, new JsonMembers(element));
                statuses.Add(new() { Id = fields.Id(), State = fields.State(), Forgotten = fields.Flag(JsonMember.Forgotten) });
                Fault = fields.Fault;
            }
        }

        return statuses;
    }

    internal Wire.SessionLimits Limits()
    {
        var limits = new Wire.SessionLimits();
        if (TryTake(JsonMember.Limits, JsonTokenType.StartObject, out var json))
        {
            var fields = new JsonFields(_packet, new JsonMembers(json));
            limits.BodyBytesMax = fields.Count(JsonMember.BodyBytesMax);
            limits.RequestsInFlightMax = fields.Count(JsonMember.RequestsInFlightMax);
            limits.WindowMax = fields.Count(JsonMember.WindowMax);
            limits.Horizon = fields.Number(JsonMember.HorizonMilliseconds);
            Fault ??= fields.Fault;
        }

        return limits;
    }

    internal string Text(JsonMember member) => TryTakeText(member, out var utf8) ? Encoding.UTF8.GetString(utf8) : "";

    /// <summary>The content of a body, and its type, which is empty for a text.</summary>
    internal (ByteString Content, string Type) Body()
    {
        if (!_members.Has(JsonMember.Base64) && !_members.Has(JsonMember.ContentType))
        {
            return TryTakeText(JsonMember.Text, out var text) ? (ByteString.CopyFrom(text), "") : (ByteString.Empty, "");
        }

        if (_members.Has(JsonMember.Text))
        {
            return Refuse(JsonMember.Text, "stands beside a body of bytes", (ByteString.Empty, ""));
        }

        var type = Text(JsonMember.ContentType);
        if (!TryTakeText(JsonMember.Base64, out var base64))
        {
            return (ByteString.Empty, type);
        }

        if (type.Length == 0)
        {
            return Refuse(JsonMember.ContentType, "is empty", (ByteString.Empty, type));
        }

        return JsonText.TryDecodeBase64(base64, out var content)
            ? (UnsafeByteOperations.UnsafeWrap(content), type)
            : Refuse(JsonMember.Base64, "is not standard base64 with padding", (ByteString.Empty, type));
    }

    internal ulong Epoch()
    {
        const int digits = 2 * sizeof(ulong);
        if (!TryTakeText(JsonMember.Epoch, out var hex))
        {
            return 0;
        }

        return hex.Length == digits && ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var epoch)
            ? epoch
            : Refuse(JsonMember.Epoch, "is not 16 hexadecimal digits", 0UL);
    }

    internal ulong Instant(JsonMember member)
    {
        if (!TryTakeText(member, out var text))
        {
            return 0;
        }

        return JsonInstant.TryRead(text, out var value)
            ? (ulong)value.ToUnixTimeMilliseconds()
            : Refuse(member, "is not a time such as 2026-01-02T03:04:05.678Z", 0UL);
    }

    /// <summary>A whole number, spelled in digits alone.</summary>
    internal ulong Number(JsonMember member)
    {
        if (!TryTake(member, JsonTokenType.Number, out var json))
        {
            return 0;
        }

        // JSON itself allows no zero in front.
        return !json.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(json, out ulong value, out var consumed) && consumed == json.Length
            ? value
            : Refuse(member, "is not a whole number in digits alone, or too large", 0UL);
    }

    /// <summary>A number in 32 bits.</summary>
    internal uint Count(JsonMember member)
    {
        var value = Number(member);
        return value <= int.MaxValue ? (uint)value : Refuse(member, $"is more than {int.MaxValue}", 0U);
    }

    internal uint RetryAfter() => _members.Has(JsonMember.RetryAfterMilliseconds) ? Count(JsonMember.RetryAfterMilliseconds) : 0;

    internal Wire.ErrorCode Code() => (Wire.ErrorCode)Count(JsonMember.Code);

    internal bool Flag(JsonMember member)
    {
        if (!_members.Has(member))
        {
            return false;
        }

        var isFalse = _members.Type(member) == JsonTokenType.False;
        return TryTake(member, isFalse ? JsonTokenType.False : JsonTokenType.True, out _) && !isFalse;
    }

    internal Wire.MessageState State()
    {
        if (!TryTakeText(JsonMember.State, out var word))
        {
            return default;
        }

        return JsonWords.TryRead(word, out Wire.MessageState state) ? state : Refuse(JsonMember.State, "is not known", state);
    }

    internal Wire.StreamStart Start()
    {
        if (!TryTakeText(JsonMember.Start, out var word))
        {
            return default;
        }

        return JsonWords.TryRead(word, out Wire.StreamStart start) ? start : Refuse(JsonMember.Start, "is not known", start);
    }

    private ByteString Id(ReadOnlySpan<byte> json, JsonMember member) =>
        TryUnescape(json, out var text) && MessageId.TryReadText(text, out var id)
            ? UnsafeByteOperations.UnsafeWrap(id.ToBytes())
            : Refuse(member, "is not a UUID of version 7", ByteString.Empty);

    private bool TryTakeText(JsonMember member, out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (!TryTake(member, JsonTokenType.String, out var json))
        {
            return false;
        }

        if (TryUnescape(json, out utf8))
        {
            return true;
        }

        return Refuse(member, "holds half of a surrogate pair", false);
    }

    private bool TryTake(JsonMember member, JsonTokenType type, out ReadOnlySpan<byte> json)
    {
        json = default;
        if (!_members.Has(member))
        {
            return Refuse(member, "is missing", false);
        }

        if (_members.Repeats(member))
        {
            return Refuse(member, "stands there twice", false);
        }

        if (_members.Type(member) != type)
        {
            return Refuse(member, "has a value of another type", false);
        }

        json = _members.Json(member);
        return true;
    }

    /// <summary>Remembers the first fault of the packet.</summary>
    private T Refuse<T>(JsonMember member, string words, T anything)
    {
        Fault ??= $"{_packet}: {JsonMembers.Name(member)} {words}.";
        return anything;
    }
}

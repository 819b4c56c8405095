using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// Turns the fields of one packet into values and remembers the first that cannot be one. After a fault it hands out
/// defaults, which the caller throws away with the packet: so each packet reads as one expression.
/// </summary>
internal ref struct FieldReader(string packet)
{
    private static readonly ulong InstantMax = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Names the packet and the field, never what the field holds.</summary>
    internal string? Fault { get; private set; }

    internal MessageId Id(ByteString bytes)
    {
        if (!MessageId.TryRead(bytes.Span, out var id))
        {
            Refuse("id", "is not a UUID of version 7");
        }

        return id;
    }

    internal MessageId[] Ids(RepeatedField<ByteString> list)
    {
        if (!Count("ids", list.Count))
        {
            return [];
        }

        var ids = new MessageId[list.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = Id(list[i]);
        }

        return ids;
    }

    internal MessageStatus[] Statuses(RepeatedField<Wire.MessageStatus> list)
    {
        if (!Count("statuses", list.Count))
        {
            return [];
        }

        var statuses = new MessageStatus[list.Count];
        for (var i = 0; i < statuses.Length; i++)
        {
            statuses[i] = new MessageStatus(Id(list[i].Id), State(list[i].State, MessageState.Waiting), list[i].Forgotten);
        }

        return statuses;
    }

    internal UserId User(string text, string field)
    {
        if (!UserId.TryParse(text, out var user))
        {
            Refuse(field, "cannot be a user id");
        }

        return user;
    }

    internal DeviceId Device(string text)
    {
        if (!DeviceId.TryParse(text, out var device))
        {
            Refuse("device", "cannot be a device id");
        }

        return device;
    }

    internal Body Body(ByteString content, string contentType)
    {
        // The parser has copied the bytes out of the pipe; from here on everybody shares that copy.
        if (!Protocol.Body.TryCreate(content.Memory, contentType, out var body))
        {
            Refuse("content", contentType.Length == 0 ? "is a text but not UTF-8" : "has a content type that is not 1 to 127 characters of printable ASCII");
        }

        return body;
    }

    internal Sequence Sequence(ulong value, string field, long min = 0) => new(Number(value, field, min));

    internal ConnectionNumber Connection(ulong value) => new(Number(value, "connection", min: 1));

    internal Epoch Epoch(ulong value)
    {
        if (value == 0)
        {
            Refuse("epoch", "is missing");
        }

        return new Epoch(value);
    }

    /// <summary>A count or a size in 32 bits.</summary>
    internal int Count(uint value, string field, int min = 0, int max = int.MaxValue)
    {
        if (value < (uint)min || value > (uint)max)
        {
            Refuse(field, $"is not between {min} and {max}");
            return 0;
        }

        return (int)value;
    }

    internal DateTimeOffset Instant(ulong milliseconds, string field)
    {
        if (milliseconds > InstantMax)
        {
            Refuse(field, "lies beyond the year 9999");
            return default;
        }

        return DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
    }

    internal TimeSpan Duration(ulong milliseconds, string field, TimeSpan max)
    {
        if (milliseconds > (ulong)max.TotalMilliseconds)
        {
            Refuse(field, $"is longer than {max.TotalDays} days");
            return default;
        }

        return TimeSpan.FromMilliseconds((long)milliseconds);
    }

    internal MessageState State(Wire.MessageState value, MessageState min)
    {
        var state = (MessageState)value;
        if (state < min || state > MessageState.Delivered)
        {
            Refuse("state", "is not one that may stand here");
        }

        return state;
    }

    internal StreamStart Start(Wire.StreamStart value)
    {
        if (value is not (Wire.StreamStart.Oldest or Wire.StreamStart.Latest))
        {
            Refuse("start", "is not known");
        }

        return (StreamStart)value;
    }

    /// <summary>Codes that this version does not know pass: their range says what to do (PROTOCOL §10).</summary>
    internal ErrorCode Code(Wire.ErrorCode value)
    {
        if (value <= Wire.ErrorCode.None)
        {
            Refuse("code", "is missing");
        }

        return (ErrorCode)value;
    }

    internal string Token(string text)
    {
        if (!IsToken(text))
        {
            Refuse("token", $"is not at most {ProtocolLimits.TokenCharactersMax} characters of printable ASCII");
        }

        return text;
    }

    /// <summary>A line for people: it goes into logs and onto terminals, so control characters have no place in it.</summary>
    internal string Line(string text, string field, int bytesMax)
    {
        if (!PlainLine.Fits(text, bytesMax))
        {
            Refuse(field, $"is longer than {bytesMax} bytes of UTF-8 or holds a control character");
        }

        return text;
    }

    internal Wire.SessionLimits Limits(Wire.SessionLimits? limits)
    {
        if (limits is null)
        {
            Refuse("limits", "is missing");
        }

        return limits ?? new Wire.SessionLimits();
    }

    internal static bool IsToken(string text) =>
        text.Length <= ProtocolLimits.TokenCharactersMax && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>Remembers the first fault of the packet.</summary>
    internal void Refuse(string field, string words) => Fault ??= $"{packet}: {field} {words}.";

    private bool Count(string field, int count)
    {
        if (count is > 0 and <= ProtocolLimits.IdsPerPacketMax)
        {
            return true;
        }

        Refuse(field, $"does not hold 1 to {ProtocolLimits.IdsPerPacketMax} items");
        return false;
    }

    private long Number(ulong value, string field, long min)
    {
        if (value < (ulong)min || value > ProtocolLimits.NumberMax)
        {
            Refuse(field, $"is not between {min} and 2^53 - 1");
            return min;
        }

        return (long)value;
    }
}

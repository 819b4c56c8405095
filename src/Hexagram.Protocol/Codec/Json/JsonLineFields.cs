using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>
/// Takes the members of one packet off its text, one after the other. After the first that is not as expected it hands out anything, which
/// the caller throws away with the packet: so each packet reads as one expression.
/// </summary>
/// <param name="json">One whole packet.</param>
internal ref struct JsonLineFields(ReadOnlySpan<byte> json)
{
    // 2^53 - 1 has so many digits, and as many fit into a long without a thought.
    private const int DigitsMax = 16;

    // A text with escapes that is no longer is resolved on the stack.
    private const int UnescapedBytesMax = 1_024;

    private ReadOnlySpan<byte> _rest = json;
    private bool _isUnusual;

    /// <summary>Whether everything was as expected, and only the closing brace is left.</summary>
    internal readonly bool AreUsual => !_isUnusual && _rest is [(byte)'}'];

    /// <summary>The number of the packet's kind, as it is in the contract; 0 for one that is rare. The other members come next.</summary>
    internal int Kind()
    {
        if (!TryTake("{\"kind\":\""u8))
        {
            return 0;
        }

        return TryTake("msg:R\""u8) ? 1
            : TryTake("msg:A\""u8) ? 2
            : TryTake("msg:N\""u8) ? 3
            : TryTake("ack:R\""u8) ? 4
            : TryTake("ack:A\""u8) ? 5
            : TryTake("ack:N\""u8) ? 6
            : TryTake("ping\""u8) ? 11
            : TryTake("pong\""u8) ? 12
            : 0;
    }

    internal MessageId Id() => TryTake(",\"id\":\""u8) && TryTakeId(out var id) ? id : Unusual<MessageId>();

    internal MessageId[] Ids()
    {
        const int each = MessageId.TextBytes + 3; // with its quotation marks and what follows
        if (!TryTake(",\"ids\":["u8))
        {
            return Unusual<MessageId[]>([]);
        }

        var count = 1;
        while (_rest.Length >= count * each && _rest[(count * each) - 1] == ',')
        {
            count++;
        }

        if (count > ProtocolLimits.IdsPerPacketMax)
        {
            return Unusual<MessageId[]>([]);
        }

        var ids = new MessageId[count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (!TryTake(i == 0 ? "\""u8 : ",\""u8) || !TryTakeId(out ids[i]))
            {
                return Unusual<MessageId[]>([]);
            }
        }

        return TryTake("]"u8) ? ids : Unusual<MessageId[]>([]);
    }

    internal UserId User(ReadOnlySpan<byte> name)
    {
        if (!TryTake(name) || !TryTakePlain(out var utf8) || utf8.Length is 0 or > UserId.BytesMax)
        {
            return Unusual<UserId>();
        }

        // Printable ASCII breaks no rule of an identity.
        if (!utf8.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return new UserId { Checked = RecentTexts.Shared.Find(utf8) };
        }

        // What is not UTF-8 becomes U+FFFD here, which no identity holds.
        return UserId.TryParse(Encoding.UTF8.GetString(utf8), out var user) ? user : Unusual<UserId>();
    }

    internal Body Body()
    {
        if (TryTake(",\"text\":\""u8))
        {
            return Text();
        }

        return TryTake(",\"contentType\":\""u8)
            && TryTakePlain(out var type)
            && type.Length is > 0 and <= Protocol.Body.ContentTypeCharactersMax
            && !type.ContainsAnyExceptInRange((byte)' ', (byte)'~')
            && TryTake(",\"base64\":\""u8)
            && TryTakePlain(out var base64)
            && JsonText.TryDecodeBase64(base64, out var content)
                ? Protocol.Body.OfChecked(content, RecentTexts.Shared.Find(type))
                : Unusual<Body>();
    }

    internal Epoch Epoch()
    {
        const int digits = 2 * sizeof(ulong);
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        if (!TryTake(",\"epoch\":\""u8)
            || _rest.Length <= digits
            || Convert.FromHexString(_rest[..digits], value, out _, out _) != OperationStatus.Done)
        {
            return Unusual<Epoch>();
        }

        _rest = _rest[digits..];
        var epoch = new Epoch(BinaryPrimitives.ReadUInt64BigEndian(value));
        return TryTake("\""u8) && epoch != Protocol.Epoch.None ? epoch : Unusual<Epoch>();
    }

    internal Sequence Sequence(ReadOnlySpan<byte> name, long min)
    {
        if (!TryTake(name))
        {
            return Unusual<Sequence>();
        }

        var value = 0L;
        var digits = 0;
        while (digits < _rest.Length && digits < DigitsMax && char.IsAsciiDigit((char)_rest[digits]))
        {
            value = (value * 10) + _rest[digits++] - '0';
        }

        // JSON has no zero in front of other digits. What follows the number shows itself at the next member.
        if (digits == 0 || (digits > 1 && _rest[0] == '0') || value < min || value > ProtocolLimits.NumberMax)
        {
            return Unusual<Sequence>();
        }

        _rest = _rest[digits..];
        return new Sequence(value);
    }

    internal DateTimeOffset Instant()
    {
        if (!TryTake(",\"acceptedAt\":\""u8) || _rest.Length <= JsonInstant.Bytes || !JsonInstant.TryRead(_rest[..JsonInstant.Bytes], out var value))
        {
            return Unusual<DateTimeOffset>();
        }

        _rest = _rest[JsonInstant.Bytes..];
        return TryTake("\""u8) ? value : Unusual<DateTimeOffset>();
    }

    /// <summary>Left out when it is false.</summary>
    internal bool Redelivered() => TryTake(",\"redelivered\":true"u8);

    /// <summary>One of the two states that an ack:N may report.</summary>
    internal MessageState Report() =>
        TryTake(",\"state\":\"delivered\""u8) ? MessageState.Delivered
        : TryTake(",\"state\":\"stored\""u8) ? MessageState.Stored
        : Unusual<MessageState>();

    /// <summary>The string from here to its quotation mark. People write line breaks and quotation marks, so escapes are usual here.</summary>
    private Body Text()
    {
        var end = 0;
        var hasEscapes = false;
        while (true)
        {
            var run = _rest[end..].IndexOfAny(JsonText.Escaped);
            if (run < 0 || _rest[end + run] < ' ')
            {
                return Unusual<Body>();
            }

            end += run;
            if (_rest[end] == '"')
            {
                break;
            }

            // What follows the backslash ends nothing, whatever it is.
            hasEscapes = true;
            end += 2;
            if (end > _rest.Length)
            {
                return Unusual<Body>();
            }
        }

        var text = _rest[..end];
        _rest = _rest[(end + 1)..];
        if (!Utf8.IsValid(text))
        {
            return Unusual<Body>();
        }

        // The one copy, out of the input; from here on everybody shares it.
        return hasEscapes ? Unescaped(text) : Protocol.Body.OfChecked(text.ToArray(), null);
    }

    private Body Unescaped(ReadOnlySpan<byte> text)
    {
        var rented = text.Length <= UnescapedBytesMax ? null : ArrayPool<byte>.Shared.Rent(text.Length);
        var unescaped = rented ?? stackalloc byte[UnescapedBytesMax];
        var body = JsonText.TryUnescape(text, unescaped, out var written)
            ? Protocol.Body.OfChecked(unescaped[..written].ToArray(), null)
            : Unusual<Body>();
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return body;
    }

    /// <summary>A string that holds no escape, and its quotation mark.</summary>
    private bool TryTakePlain(out ReadOnlySpan<byte> text)
    {
        var end = _rest.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0 || _rest[end] != '"')
        {
            text = default;
            return false;
        }

        text = _rest[..end];
        _rest = _rest[(end + 1)..];
        return true;
    }

    private bool TryTakeId(out MessageId id)
    {
        if (_rest.Length <= MessageId.TextBytes || _rest[MessageId.TextBytes] != '"' || !MessageId.TryReadText(_rest[..MessageId.TextBytes], out id))
        {
            id = default;
            return false;
        }

        _rest = _rest[(MessageId.TextBytes + 1)..];
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> expected)
    {
        if (!_rest.StartsWith(expected))
        {
            return false;
        }

        _rest = _rest[expected.Length..];
        return true;
    }

    [return: NotNullIfNotNull(nameof(anything))]
    private T? Unusual<T>(T? anything = default)
    {
        _isUnusual = true;
        return anything;
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// Takes the fields of one packet off its bytes, one after the other. After the first that is not as expected it hands out
/// anything, which the caller throws away with the packet: so each packet reads as one expression.
/// </summary>
/// <param name="bytes">One whole packet, without its length.</param>
internal ref struct LineFields(ReadOnlySpan<byte> bytes)
{
    // What the low three bits of a tag say about the value behind it.
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;

    // Eight bytes carry 56 bits, more than any number of a valid line; a longer form is not worth a branch here.
    private const int VarintBytesMax = 8;

    private static readonly ulong InstantMax = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private ReadOnlySpan<byte> _rest = bytes;
    private bool _isUnusual;

    /// <summary>Whether everything was as expected, and nothing is left.</summary>
    internal readonly bool AreUsual => !_isUnusual && _rest.IsEmpty;

    /// <summary>The number of the packet's kind; 0 unless one kind fills the packet. Its fields come next.</summary>
    internal int Kind()
    {
        if (_rest.IsEmpty || (_rest[0] & 7) != Delimited || _rest[0] >= 0x80)
        {
            return 0;
        }

        var kind = _rest[0] >> 3;
        _rest = _rest[1..];
        return Number() == (ulong)_rest.Length && !_isUnusual ? kind : 0;
    }

    internal MessageId Id(int number)
    {
        if (_rest.Length < 2 + MessageId.Bytes
            || _rest[0] != Tag(number, Delimited)
            || _rest[1] != MessageId.Bytes
            || !MessageId.TryRead(_rest.Slice(2, MessageId.Bytes), out var id))
        {
            return Unusual<MessageId>();
        }

        _rest = _rest[(2 + MessageId.Bytes)..];
        return id;
    }

    internal MessageId[] Ids(int number)
    {
        const int each = 2 + MessageId.Bytes;
        var count = 0;
        while (_rest.Length > count * each && _rest[count * each] == Tag(number, Delimited))
        {
            count++;
        }

        if (count is 0 or > ProtocolLimits.IdsPerPacketMax)
        {
            return Unusual<MessageId[]>([]);
        }

        var ids = new MessageId[count];
        foreach (ref var id in ids.AsSpan())
        {
            id = Id(number);
        }

        return ids;
    }

    internal UserId User(int number)
    {
        var utf8 = Bytes(number);
        if (utf8.Length is 0 or > UserId.BytesMax)
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

    internal Body Body(int contentNumber, int typeNumber)
    {
        var content = Bytes(contentNumber);
        var type = Bytes(typeNumber);
        var isValid = type.IsEmpty
            ? Utf8.IsValid(content)
            : type.Length <= Protocol.Body.ContentTypeCharactersMax && !type.ContainsAnyExceptInRange((byte)' ', (byte)'~');

        // The one copy, out of the pipe; from here on everybody shares it.
        return isValid && !_isUnusual
            ? Protocol.Body.OfChecked(content.ToArray(), type.IsEmpty ? null : RecentTexts.Shared.Find(type))
            : Unusual<Body>();
    }

    internal Epoch Epoch(int number)
    {
        if (_rest.Length < 1 + sizeof(ulong) || _rest[0] != Tag(number, Fixed64))
        {
            return Unusual<Epoch>();
        }

        var epoch = new Epoch(BinaryPrimitives.ReadUInt64LittleEndian(_rest[1..]));
        _rest = _rest[(1 + sizeof(ulong))..];
        return epoch != Protocol.Epoch.None ? epoch : Unusual<Epoch>();
    }

    internal Sequence Sequence(int number, long min)
    {
        var value = Number(number);
        return value >= (ulong)min && value <= ProtocolLimits.NumberMax ? new Sequence((long)value) : Unusual<Sequence>();
    }

    internal DateTimeOffset Instant(int number)
    {
        var milliseconds = Number(number);
        return milliseconds <= InstantMax ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : Unusual<DateTimeOffset>();
    }

    internal bool Flag(int number) => Number(number) != 0;

    /// <summary>One of the two states that an ack:N may report.</summary>
    internal MessageState Report(int number)
    {
        var value = Number(number);
        return value is (ulong)MessageState.Stored or (ulong)MessageState.Delivered ? (MessageState)value : Unusual<MessageState>();
    }

    private static byte Tag(int number, int wireType) => (byte)((number << 3) | wireType);

    /// <summary>A field that may be left out when it is empty.</summary>
    private ReadOnlySpan<byte> Bytes(int number)
    {
        if (_rest.IsEmpty || _rest[0] != Tag(number, Delimited))
        {
            return default;
        }

        _rest = _rest[1..];
        var length = Number();
        if (length > (ulong)_rest.Length)
        {
            _isUnusual = true;
            return default;
        }

        var value = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return value;
    }

    /// <summary>A field that may be left out when it is 0.</summary>
    private ulong Number(int number)
    {
        if (_rest.IsEmpty || _rest[0] != Tag(number, Varint))
        {
            return 0;
        }

        _rest = _rest[1..];
        return Number();
    }

    private ulong Number()
    {
        if (_rest.Length > 0 && _rest[0] < 0x80)
        {
            var small = _rest[0];
            _rest = _rest[1..];
            return small;
        }

        ulong value = 0;
        for (var i = 0; i < _rest.Length && i < VarintBytesMax; i++)
        {
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        return Unusual<ulong>();
    }

    [return: NotNullIfNotNull(nameof(anything))]
    private T? Unusual<T>(T? anything = default)
    {
        _isUnusual = true;
        return anything;
    }
}

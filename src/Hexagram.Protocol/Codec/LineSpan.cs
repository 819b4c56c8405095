using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Text;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// The room for one packet in an output, filled field by field. Its size is known before the first byte is written, so
/// that the lengths stand in front and the output is asked once. A field that is empty or 0 takes no room.
/// </summary>
internal ref struct LineSpan
{
    /// <summary>What the field of a message id takes: tag, length, id.</summary>
    internal const int IdBytes = 2 + MessageId.Bytes;

    /// <summary>What the field of an epoch takes: tag and 64 bits.</summary>
    internal const int EpochBytes = 1 + sizeof(ulong);

    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;

    private readonly Span<byte> _bytes;
    private int _at;

    /// <summary>Takes the room and writes the length of the packet, its kind, and the length of its fields.</summary>
    /// <param name="kind">The number of the packet's kind.</param>
    /// <param name="fieldsBytes">What the fields take, all together.</param>
    /// <param name="output">What gives the room.</param>
    internal LineSpan(int kind, int fieldsBytes, IBufferWriter<byte> output)
    {
        var packetBytes = 1 + VarintBytes((ulong)fieldsBytes) + fieldsBytes;
        _bytes = output.GetSpan(VarintBytes((ulong)packetBytes) + packetBytes)[..(VarintBytes((ulong)packetBytes) + packetBytes)];
        Value((ulong)packetBytes);
        Tag(kind, Delimited);
        Value((ulong)fieldsBytes);
    }

    /// <summary>What a field of so many bytes takes.</summary>
    internal static int BytesOf(int length) => length == 0 ? 0 : 1 + VarintBytes((ulong)length) + length;

    /// <summary>What a field of this number takes.</summary>
    internal static int BytesOfNumber(long value) => value == 0 ? 0 : 1 + VarintBytes((ulong)value);

    /// <summary>How many bytes of UTF-8 a user is; false when it was never set.</summary>
    internal static bool TryMeasure(UserId user, out int bytes)
    {
        bytes = user.Checked is { } text ? Encoding.UTF8.GetByteCount(text) : 0;
        return bytes > 0;
    }

    internal void Id(int number, MessageId id)
    {
        Tag(number, Delimited);
        _bytes[_at++] = MessageId.Bytes;
        id.WriteTo(_bytes[_at..]);
        _at += MessageId.Bytes;
    }

    internal void User(int number, UserId user, int bytes)
    {
        Tag(number, Delimited);
        Value((ulong)bytes);
        _at += Encoding.UTF8.GetBytes(user.Value, _bytes[_at..]);
    }

    internal void Body(int contentNumber, int typeNumber, Body body)
    {
        if (!body.Content.IsEmpty)
        {
            Tag(contentNumber, Delimited);
            Value((ulong)body.Content.Length);
            body.Content.Span.CopyTo(_bytes[_at..]);
            _at += body.Content.Length;
        }

        if (body.ContentType is { } type)
        {
            Tag(typeNumber, Delimited);
            Value((ulong)type.Length);
            _at += Encoding.ASCII.GetBytes(type, _bytes[_at..]);
        }
    }

    internal void Epoch(int number, Epoch epoch)
    {
        Tag(number, Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[_at..], epoch.Value);
        _at += sizeof(ulong);
    }

    internal void Number(int number, long value)
    {
        if (value != 0)
        {
            Tag(number, Varint);
            Value((ulong)value);
        }
    }

    /// <summary>Hands the packet to the output.</summary>
    internal readonly void Send(IBufferWriter<byte> output)
    {
        // A packet that is not as long as it says would turn everything behind it into nonsense.
        if (_at != _bytes.Length)
        {
            throw new UnreachableException($"A packet measured {_bytes.Length} bytes and took {_at}.");
        }

        output.Advance(_at);
    }

    /// <summary>A varint holds seven bits in a byte.</summary>
    private static int VarintBytes(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private void Tag(int number, int wireType) => _bytes[_at++] = (byte)((number << 3) | wireType);

    private void Value(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[_at++] = (byte)(value | 0x80);
        }

        _bytes[_at++] = (byte)value;
    }
}

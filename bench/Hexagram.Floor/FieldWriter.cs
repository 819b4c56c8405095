using System.Buffers.Binary;
using System.Numerics;

namespace Hexagram.Floor;

/// <summary>Writes the fields of a protobuf message into a span that is large enough.</summary>
internal ref struct FieldWriter(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;

    /// <summary>How many bytes there are.</summary>
    public int Written { get; private set; }

    /// <summary>What a number takes as a varint.</summary>
    public static int VarintBytes(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    /// <summary>What a field of bytes takes, whose number is less than 16.</summary>
    public static int FieldBytes(int length) => 1 + VarintBytes((ulong)length) + length;

    /// <summary>The length of a packet, its kind and the length of what is in it.</summary>
    public void Packet(int kind, int contentBytes)
    {
        Varint((ulong)FieldBytes(contentBytes));
        Tag(kind, 2);
        Varint((ulong)contentBytes);
    }

    public void Number(int field, ulong value)
    {
        Tag(field, 0);
        Varint(value);
    }

    public void Fixed(int field, ulong value)
    {
        Tag(field, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[Written..], value);
        Written += sizeof(ulong);
    }

    public void Content(int field, scoped ReadOnlySpan<byte> content)
    {
        Tag(field, 2);
        Varint((ulong)content.Length);
        content.CopyTo(_bytes[Written..]);
        Written += content.Length;
    }

    private void Tag(int field, int type) => _bytes[Written++] = (byte)((field << 3) | type);

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[Written++] = (byte)(value | 0x80);
        }

        _bytes[Written++] = (byte)value;
    }
}

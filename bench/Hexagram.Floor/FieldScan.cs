using System.Buffers.Binary;

namespace Hexagram.Floor;

/// <summary>Walks over the fields of a protobuf message without making anything of them. Trusts the bytes: nobody but the load writes them.</summary>
internal ref struct FieldScan(ReadOnlySpan<byte> bytes)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, when it is a number.</summary>
    public ulong Value { get; private set; }

    /// <summary>Its content, when it is one of bytes.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Goes to the next field; false behind the last one.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = (int)ReadVarint(ref _rest);
        Field = tag >> 3;
        switch (tag & 7)
        {
            case Varint:
                Value = ReadVarint(ref _rest);
                break;
            case Fixed64:
                Value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
                _rest = _rest[sizeof(ulong)..];
                break;
            default:
                var length = (int)ReadVarint(ref _rest);
                Content = _rest[..length];
                _rest = _rest[length..];
                break;
        }

        return true;
    }

    /// <summary>Takes the first whole packet off <paramref name="bytes"/>: false, and nothing taken, when there is none.</summary>
    public static bool TryPacket(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        var rest = bytes;
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (rest.IsEmpty)
            {
                return false;
            }

            var value = rest[0];
            rest = rest[1..];
            length |= (value & 0x7F) << shift;
            if (value < 0x80)
            {
                break;
            }
        }

        if (rest.Length < length)
        {
            return false;
        }

        packet = rest[..length];
        bytes = rest[length..];
        return true;
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var index = 0; ; index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return value;
            }
        }
    }
}

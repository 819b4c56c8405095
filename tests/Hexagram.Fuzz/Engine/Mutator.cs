using System.Buffers.Binary;

namespace Hexagram.Fuzz.Engine;

/// <summary>Makes an input from others: flips, cuts, copies, numbers with a reputation, and two inputs crossed. Repeats itself from its seed.</summary>
internal sealed class Mutator(Random random, int bytesMax)
{
    private static readonly byte[] Bytes = [0, 1, 2, 7, 8, 0x0A, 0x0D, 0x10, 0x1F, 0x20, 0x7F, 0x80, 0x81, 0xC0, 0xFE, 0xFF];

    private static readonly long[] Numbers =
    [
        0, 1, -1, 127, 128, 255, 256, 1_000, 1_001, 16_383, 16_384, 65_535, 65_536, int.MaxValue, int.MinValue, uint.MaxValue,
        1L << 32, (1L << 53) - 1, 1L << 53, long.MaxValue, long.MinValue, 253_402_300_799_999, 253_402_300_800_000,
    ];

    /// <summary>A new input from <paramref name="input"/> and perhaps a piece of <paramref name="other"/>.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = input.ToList();
        for (var n = 1 << random.Next(0, 5); n > 0; n--)
        {
            Step(bytes, other);
        }

        if (bytes.Count > bytesMax)
        {
            bytes.RemoveRange(bytesMax, bytes.Count - bytesMax);
        }

        return [.. bytes];
    }

    private void Step(List<byte> bytes, byte[] other)
    {
        var at = bytes.Count == 0 ? 0 : random.Next(bytes.Count);
        switch (random.Next(bytes.Count == 0 ? 3 : 12))
        {
            case 0:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 1:
                bytes.InsertRange(at, Piece(other));
                break;
            case 2:
                bytes.Insert(at, Bytes[random.Next(Bytes.Length)]);
                break;
            case 3:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 4:
                bytes[at] = (byte)random.Next(256);
                break;
            case 5:
                bytes[at] = Bytes[random.Next(Bytes.Length)];
                break;
            case 6:
                bytes[at] += (byte)random.Next(-8, 9);
                break;
            case 7:
                bytes.RemoveRange(at, Length(bytes.Count - at));
                break;
            case 8:
                bytes.InsertRange(at, bytes.GetRange(at, Length(bytes.Count - at)));
                break;
            case 9:
                Overwrite(bytes, at, Number());
                break;
            case 10:
                Overwrite(bytes, at, Piece(other));
                break;
            default:
                bytes.InsertRange(at, Varint((ulong)Numbers[random.Next(Numbers.Length)]));
                break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] piece)
    {
        for (var i = 0; i < piece.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }

    private byte[] Number()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Numbers[random.Next(Numbers.Length)]);
        var width = 1 << random.Next(4);
        var number = bytes[(8 - width)..];
        if (random.Next(2) == 0)
        {
            Array.Reverse(number);
        }

        return number;
    }

    private static byte[] Varint(ulong number)
    {
        var bytes = new List<byte>();
        for (; number >= 0x80; number >>= 7)
        {
            bytes.Add((byte)(number | 0x80));
        }

        bytes.Add((byte)number);
        return [.. bytes];
    }

    private byte[] Piece(byte[] other)
    {
        if (other.Length == 0)
        {
            return [];
        }

        var at = random.Next(other.Length);
        return other.AsSpan(at, Length(other.Length - at)).ToArray();
    }

    /// <summary>More often short than long.</summary>
    private int Length(int max) => max <= 1 ? max : random.Next(1, random.Next(2, max + 1) + 1);
}

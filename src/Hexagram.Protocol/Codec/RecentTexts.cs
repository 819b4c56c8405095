using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Hexagram.Protocol.Codec;

/// <summary>
/// Strings that were lately made of ASCII bytes: the names and types that come again and again are made once. A table of fixed
/// size in which the newer displaces the older; a text is found only if it is the same to the last byte, so the worst that a
/// hostile peer can do is to displace. Thread-safe without a lock: each slot holds one immutable string, whichever was put there last.
/// </summary>
internal sealed class RecentTexts
{
    /// <summary>A text may stand in one of two places.</summary>
    private const int Ways = 2;

    /// <summary>8,192 slots of 8 bytes; with the longest names in all of them it holds 2.4 MB.</summary>
    private const int Sets = 4_096;

    private readonly string?[] _slots = new string?[Sets * Ways];

    /// <summary>Those of this process, whoever it speaks to.</summary>
    internal static RecentTexts Shared { get; } = new();

    /// <summary>The text of <paramref name="ascii"/>, which the caller has found to be ASCII, not empty, and as short as a name.</summary>
    internal string Find(ReadOnlySpan<byte> ascii)
    {
        var set = _slots.AsSpan((int)(Hash(ascii) % Sets) * Ways, Ways);
        if (set[0] is { } newer && Ascii.Equals(ascii, newer))
        {
            return newer;
        }

        if (set[1] is { } older && Ascii.Equals(ascii, older))
        {
            return older;
        }

        var text = Encoding.ASCII.GetString(ascii);
        set[1] = set[0];
        set[0] = text;
        return text;
    }

    /// <summary>All bytes count, since names often begin and end alike.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = (uint)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var one in bytes)
        {
            hash = BitOperations.Crc32C(hash, one);
        }

        return hash;
    }
}

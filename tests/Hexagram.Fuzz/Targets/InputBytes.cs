using System.Buffers.Binary;

namespace Hexagram.Fuzz.Targets;

/// <summary>Takes an input apart into choices. After its end everything is 0.</summary>
internal sealed class InputBytes(byte[] input)
{
    private int _at;

    /// <summary>Whether there is anything left.</summary>
    public bool IsAtEnd => _at >= input.Length;

    /// <summary>One byte.</summary>
    public byte Next() => _at < input.Length ? input[_at++] : (byte)0;

    /// <summary>One of so many.</summary>
    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Next() % choices.Length];

    /// <summary>Eight bytes as a number.</summary>
    public long Long()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (ref var value in bytes)
        {
            value = Next();
        }

        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    /// <summary>As many bytes as are there, up to <paramref name="count"/>.</summary>
    public byte[] Take(int count)
    {
        var taken = input.AsSpan(Math.Min(_at, input.Length), Math.Min(count, Math.Max(0, input.Length - _at))).ToArray();
        _at += taken.Length;
        return taken;
    }
}

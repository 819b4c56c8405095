using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hexagram.Protocol.WebSockets;

/// <summary>The masking of what a client sends (RFC 6455 §5.3): it keeps a page's script from choosing the bytes that proxies see. The same call masks and unmasks.</summary>
public static class FrameMask
{
    /// <summary>Masks <paramref name="payload"/> where it stands.</summary>
    /// <param name="payload">The bytes; the first of them is at <paramref name="offset"/> of the frame's payload.</param>
    /// <param name="mask">The key, as its four bytes stand in memory.</param>
    /// <param name="offset">How many bytes of the payload were masked before.</param>
    public static void Apply(Span<byte> payload, uint mask, long offset = 0)
    {
        mask = Turned(mask, offset);
        if (payload.Length >= Vector<byte>.Count)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(mask));
            var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(payload);
            foreach (ref var vector in vectors)
            {
                vector ^= wide;
            }

            payload = payload[(vectors.Length * Vector<byte>.Count)..];
        }

        Span<byte> key = stackalloc byte[sizeof(uint)];
        BitConverter.TryWriteBytes(key, mask);
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= key[i & 3];
        }
    }

    /// <summary>Copies a whole payload out, unmasked.</summary>
    public static void CopyTo(in ReadOnlySequence<byte> payload, Span<byte> output, uint mask)
    {
        payload.CopyTo(output);
        Apply(output[..(int)payload.Length], mask);
    }

    /// <summary>The key as it meets the byte at <paramref name="offset"/>.</summary>
    private static uint Turned(uint mask, long offset)
    {
        var bits = (int)(offset & 3) * 8;
        return BitConverter.IsLittleEndian ? BitOperations.RotateRight(mask, bits) : BitOperations.RotateLeft(mask, bits);
    }
}

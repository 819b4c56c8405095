using Hexagram.Protocol;

namespace Hexagram.Chaos.Proxy.Framing;

/// <summary>Packets behind their lengths (PROTOCOL §3.1). It reads these and the number of the first field, and nothing else.</summary>
internal sealed class LengthFraming : IFraming
{
    private long _rest;

    public int? Next(ReadOnlySpan<byte> bytes, out PacketKind? begins)
    {
        begins = null;
        if (_rest == 0)
        {
            var prefix = PrefixBytes(bytes);
            if (prefix == 0)
            {
                return bytes.Length >= ProtocolLimits.LengthPrefixBytesMax ? null : 0;
            }

            var length = Length(bytes[..prefix]);
            if (length > 0 && bytes.Length == prefix)
            {
                return 0;
            }

            begins = length == 0 ? PacketKind.Unknown : KindOf(bytes[prefix]);
            _rest = prefix + length;
        }

        var taken = (int)Math.Min(_rest, bytes.Length);
        _rest -= taken;
        return taken;
    }

    /// <summary>All kinds have numbers below 16, so the key of the field is one byte: the number and the wire type 2.</summary>
    internal static PacketKind KindOf(byte key) =>
        (key & 7) == 2 && Enum.IsDefined((PacketKind)(key >> 3)) ? (PacketKind)(key >> 3) : PacketKind.Unknown;

    /// <summary>How long the varint before a packet is; 0 when its end is not among the bytes.</summary>
    private static int PrefixBytes(ReadOnlySpan<byte> bytes) =>
        bytes[..Math.Min(bytes.Length, ProtocolLimits.LengthPrefixBytesMax)].IndexOfAnyInRange((byte)0, (byte)0x7F) + 1;

    private static long Length(ReadOnlySpan<byte> prefix)
    {
        long length = 0;
        for (var i = 0; i < prefix.Length; i++)
        {
            length |= (long)(prefix[i] & 0x7F) << (7 * i);
        }

        return length;
    }
}

using Hexagram.Protocol;

namespace Hexagram.Chaos.Proxy;

/// <summary>
/// Finds where the packets of one direction begin and of which kind they are. It reads their lengths and the number of their first
/// field and nothing else (PROTOCOL §3). A stream that breaks the framing passes unwatched from there on. Not thread-safe.
/// </summary>
internal sealed class PacketScanner
{
    private long _rest;
    private bool _blind;

    /// <summary>Looks at the bytes that come next.</summary>
    /// <param name="bytes">All that is there and was not taken yet.</param>
    /// <param name="begins">The kind of the packet that begins with the first of them; null when they belong to one that has begun before.</param>
    /// <returns>How many of them belong to one packet; 0 when more must come before its kind is known.</returns>
    public int Next(ReadOnlySpan<byte> bytes, out PacketKind? begins)
    {
        begins = null;
        if (_blind)
        {
            return bytes.Length;
        }

        if (_rest == 0)
        {
            var prefix = PrefixBytes(bytes);
            if (prefix == 0)
            {
                _blind = bytes.Length >= ProtocolLimits.LengthPrefixBytesMax;
                return _blind ? bytes.Length : 0;
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

    /// <summary>All kinds have numbers below 16, so the key of the field is one byte: the number and the wire type 2.</summary>
    private static PacketKind KindOf(byte key) =>
        (key & 7) == 2 && Enum.IsDefined((PacketKind)(key >> 3)) ? (PacketKind)(key >> 3) : PacketKind.Unknown;
}

using Hexagram.Chaos.Proxy.Framing;

namespace Hexagram.Chaos.Proxy;

/// <summary>
/// Finds where the packets of one direction begin and of which kind they are, on TCP, on WebSockets and in the requests of long polling: which of them it is, its
/// first bytes say. What is encrypted, and what breaks the framing, passes unwatched from there on. Not thread-safe.
/// </summary>
internal sealed class PacketScanner
{
    private static ReadOnlySpan<byte> UpgradedAnswer => "HTTP/1.1 101"u8;

    private IFraming? _framing;
    private bool _blind;

    /// <summary>Looks at the bytes that come next.</summary>
    /// <param name="bytes">All that is there and was not taken yet.</param>
    /// <param name="begins">The kind of the packet that begins with the first of them; null when they belong to one that has begun before, or to none.</param>
    /// <returns>How many of them belong together; 0 when more must come before that is known.</returns>
    public int Next(ReadOnlySpan<byte> bytes, out PacketKind? begins)
    {
        begins = null;
        if (!_blind && _framing is null)
        {
            // A request or its answer; the start of TLS; else a packet's length and the key of its kind, which are neither.
            if (bytes is [] or [(byte)'G' or (byte)'P' or (byte)'H' or 0x16] || (bytes is [(byte)'H', (byte)'T', ..] && bytes.Length < UpgradedAnswer.Length))
            {
                return 0;
            }

            _framing = bytes is [(byte)'G', (byte)'E', ..] || bytes.StartsWith(UpgradedAnswer) ? new WebSocketFraming()
                : bytes is [(byte)'P', (byte)'O', ..] or [(byte)'H', (byte)'T', ..] ? new HttpFraming()
                : new LengthFraming();
            _blind = bytes is [0x16, 0x03, ..];
        }

        var next = _blind ? bytes.Length : _framing!.Next(bytes, out begins);
        _blind |= next is null;
        return next ?? bytes.Length;
    }
}

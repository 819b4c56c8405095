using Hexagram.Protocol.WebSockets;

namespace Hexagram.Chaos.Proxy.Framing;

/// <summary>Packets in WebSocket messages, in either form (PROTOCOL §3.4), behind the opening handshake. It reads headers and the first bytes of payloads.</summary>
internal sealed class WebSocketFraming : IFraming
{
    /// <summary>A longer handshake is none.</summary>
    private const int HandshakeBytesMax = 16 << 10;

    private bool _isOpen;
    private long _rest;

    public int? Next(ReadOnlySpan<byte> bytes, out PacketKind? begins)
    {
        begins = null;
        if (!_isOpen)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            _isOpen = end >= 0;
            return _isOpen ? end + 4 : bytes.Length > HandshakeBytesMax ? null : 0;
        }

        if (_rest == 0)
        {
            var outcome = FrameHeader.TryRead(bytes, out var frame, out _);
            if (outcome != FrameReadOutcome.Header)
            {
                return outcome == FrameReadOutcome.Incomplete ? 0 : null;
            }

            var needed = frame.Kind switch { FrameKind.Binary => 1, FrameKind.Text => JsonKind.BytesMax, _ => 0 };
            var payload = bytes[frame.HeaderBytes..];
            if (payload.Length < Math.Min(needed, frame.Length))
            {
                return 0;
            }

            begins = needed == 0 ? null : KindOf(frame, payload[..(int)Math.Min(needed, frame.Length)]);
            _rest = frame.FrameBytes;
        }

        var taken = (int)Math.Min(_rest, bytes.Length);
        _rest -= taken;
        return taken;
    }

    private static PacketKind KindOf(in FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Span<byte> start = stackalloc byte[payload.Length];
        payload.CopyTo(start);
        FrameMask.Apply(start, frame.Mask);
        if (frame.Kind == FrameKind.Binary)
        {
            return start.IsEmpty ? PacketKind.Unknown : LengthFraming.KindOf(start[0]);
        }

        return JsonKind.Of(start);
    }
}

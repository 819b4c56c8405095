using System.Buffers.Text;
using System.Text;

namespace Hexagram.Chaos.Proxy.Framing;

/// <summary>Packets in the bodies of requests and answers (PROTOCOL §14), one after the other on a connection of HTTP/1.1, each body with its length before it.</summary>
internal sealed class HttpFraming : IFraming
{
    private const int HeaderBytesMax = 32 << 10;

    private long _rest;

    public int? Next(ReadOnlySpan<byte> bytes, out PacketKind? begins)
    {
        begins = null;
        if (_rest == 0)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return bytes.Length > HeaderBytesMax ? null : 0;
            }

            if (LengthOf(bytes[..end]) is not { } length)
            {
                return null;
            }

            _rest = length;
            return end + 4;
        }

        var body = bytes[..(int)Math.Min(bytes.Length, _rest)];
        var isWhole = body.Length == _rest;
        if (body.StartsWith(JsonKind.Start))
        {
            if (body.Length < JsonKind.BytesMax && !isWhole)
            {
                return 0;
            }

            begins = JsonKind.Of(body[..Math.Min(body.Length, JsonKind.BytesMax)]) switch
            {
                // A poll's Hello is its ack:R, and the Welcome stands for the ack:A (PROTOCOL §14.1).
                PacketKind.Hello => PacketKind.AckRequest,
                PacketKind.Welcome => PacketKind.AckAcknowledge,
                var kind => kind,
            };
            return Taken(JsonKind.Start.Length);
        }

        var next = body.IndexOf(JsonKind.Start);
        if (next > 0)
        {
            return Taken(next);
        }

        // The start of a packet may lie half in what is still to come.
        return isWhole ? Taken(body.Length) : Taken(Math.Max(0, body.Length - JsonKind.Start.Length + 1));
    }

    /// <summary>The length of the body behind these headers; null when they do not say it.</summary>
    private static long? LengthOf(ReadOnlySpan<byte> headers)
    {
        foreach (var line in Encoding.ASCII.GetString(headers).Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                return Utf8Parser.TryParse(Encoding.ASCII.GetBytes(line["Content-Length:".Length..].Trim()), out long length, out _) ? length : null;
            }
        }

        return null;
    }

    private int Taken(int bytes)
    {
        _rest -= bytes;
        return bytes;
    }
}

using System.Text;

namespace Hexagram.Chaos.Proxy.Framing;

/// <summary>The kind of a packet in the JSON form: it stands first in those that our own writers make.</summary>
internal static class JsonKind
{
    private static readonly Dictionary<string, PacketKind> Kinds = new()
    {
        ["msg:R"] = PacketKind.MessageRequest,
        ["msg:A"] = PacketKind.MessageAcknowledge,
        ["msg:N"] = PacketKind.MessageNotify,
        ["ack:R"] = PacketKind.AckRequest,
        ["ack:A"] = PacketKind.AckAcknowledge,
        ["ack:N"] = PacketKind.AckNotify,
        ["hello"] = PacketKind.Hello,
        ["welcome"] = PacketKind.Welcome,
        ["status:R"] = PacketKind.StatusRequest,
        ["status:A"] = PacketKind.StatusAcknowledge,
        ["ping"] = PacketKind.Ping,
        ["pong"] = PacketKind.Pong,
        ["error"] = PacketKind.Error,
        ["goodbye"] = PacketKind.Goodbye,
    };

    /// <summary>How a packet begins. Inside a text the quotation marks would be escaped.</summary>
    public static ReadOnlySpan<byte> Start => "{\"kind\":\""u8;

    /// <summary>The kind is known from so many bytes at the latest.</summary>
    public static int BytesMax { get; } = Start.Length + Kinds.Keys.Max(name => name.Length) + 1;

    /// <summary>The kind of the packet that begins here.</summary>
    public static PacketKind Of(ReadOnlySpan<byte> packet)
    {
        if (!packet.StartsWith(Start))
        {
            return PacketKind.Unknown;
        }

        var name = packet[Start.Length..];
        var end = name.IndexOf((byte)'"');
        return end >= 0 ? Kinds.GetValueOrDefault(Encoding.UTF8.GetString(name[..end])) : PacketKind.Unknown;
    }
}

using System.Buffers;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Protocol.WebSockets;

/// <summary>What a packet looks like as a WebSocket message; client and server agree on it by the name of a subprotocol (PROTOCOL §3.4). Thread-safe.</summary>
public abstract class MessageForm
{
    private MessageForm(string subprotocol, FrameKind kind)
    {
        Subprotocol = subprotocol;
        Kind = kind;
    }

    /// <summary>Binary messages of protobuf.</summary>
    public static MessageForm Binary { get; } = new BinaryForm();

    /// <summary>Text messages of JSON.</summary>
    public static MessageForm Json { get; } = new JsonForm();

    /// <summary>Every form, the one that costs the least first.</summary>
    public static IReadOnlyList<MessageForm> All { get; } = [Binary, Json];

    /// <summary>How the form is called in the opening handshake.</summary>
    public string Subprotocol { get; }

    /// <summary>Binary or text.</summary>
    public FrameKind Kind { get; }

    /// <summary>How long a message may be where a packet of the binary form may have <paramref name="packetBytesMax"/> bytes.</summary>
    public abstract int BytesMax(int packetBytesMax);

    /// <summary>Reads one message. Never throws, whatever the bytes. The body is copied out of them.</summary>
    public abstract PacketReadResult Read(ReadOnlyMemory<byte> message);

    /// <summary>Appends a packet; the message begins behind the <see cref="PrefixBytes"/> of what was written.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts; nothing is written.</exception>
    public abstract void Write(Packet packet, IBufferWriter<byte> output);

    /// <summary>How many bytes at the start of what <see cref="Write"/> has written do not belong to the message: there is room for a part of a frame's header.</summary>
    public abstract int PrefixBytes(ReadOnlySpan<byte> written);

    private sealed class BinaryForm() : MessageForm("hexagram.v1.proto", FrameKind.Binary)
    {
        public override int BytesMax(int packetBytesMax) => packetBytesMax;

        public override PacketReadResult Read(ReadOnlyMemory<byte> message) => PacketCodec.Read(message);

        public override void Write(Packet packet, IBufferWriter<byte> output) => PacketCodec.Write(packet, output);

        // The packet's own length, of which a frame has no need: up to the first byte without its highest bit.
        public override int PrefixBytes(ReadOnlySpan<byte> written) => 1 + written.IndexOfAnyInRange((byte)0, (byte)0x7F);
    }

    private sealed class JsonForm() : MessageForm("hexagram.v1.json", FrameKind.Text)
    {
        // An unknown peer is not worth more memory in one form than in the other (PROTOCOL §3.5).
        public override int BytesMax(int packetBytesMax) =>
            packetBytesMax <= ProtocolLimits.HelloBytesMax ? packetBytesMax : JsonPacketCodec.BytesMax(packetBytesMax);

        public override PacketReadResult Read(ReadOnlyMemory<byte> message) => JsonPacketCodec.Read(message.Span, message.Length);

        public override void Write(Packet packet, IBufferWriter<byte> output) => JsonPacketCodec.Write(packet, output);

        public override int PrefixBytes(ReadOnlySpan<byte> written) => 0;
    }
}

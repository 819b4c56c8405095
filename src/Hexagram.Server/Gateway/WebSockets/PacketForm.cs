using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.WebSockets;
using Hexagram.Server.Gateway.Output;

namespace Hexagram.Server.Gateway.WebSockets;

/// <summary>What a packet looks like in a WebSocket message; the subprotocol names it (PROTOCOL §3.4).</summary>
internal abstract record PacketForm(string Subprotocol, FrameKind MessageKind)
{
    /// <summary>All forms, the one that costs the least first.</summary>
    public static readonly IReadOnlyList<PacketForm> All = [new BinaryForm()];

    /// <summary>How long a message may be where a packet of the binary form may have so many bytes.</summary>
    public abstract int MessageBytesMax(int packetBytesMax);

    /// <summary>Reads a message.</summary>
    public abstract PacketReadResult Read(ReadOnlyMemory<byte> message);

    /// <summary>Appends a packet as one frame.</summary>
    /// <exception cref="ArgumentException">The packet holds something that no reader accepts; nothing is written.</exception>
    public abstract void Write(Packet packet, OutgoingBuffer output);

    private sealed record BinaryForm() : PacketForm(Hexagram.Protocol.WebSockets.Subprotocol.Binary, FrameKind.Binary)
    {
        public override int MessageBytesMax(int packetBytesMax) => packetBytesMax;

        public override PacketReadResult Read(ReadOnlyMemory<byte> message) => PacketCodec.Read(message);

        public override void Write(Packet packet, OutgoingBuffer output)
        {
            var start = output.Length;
            PacketCodec.Write(packet, output);

            // The frame's header takes the place of the packet's own length, and is always the longer of the two.
            var written = output.Written.Span[start..];
            var prefixBytes = 1 + written.IndexOfAnyInRange((byte)0, (byte)0x7F);
            var length = written.Length - prefixBytes;
            FrameHeader.Write(output.Insert(start, FrameHeader.BytesFor(length) - prefixBytes), MessageKind, length);
        }
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Hexagram.Protocol.Codec.Json;

namespace Hexagram.Protocol.Tests.Vectors;

/// <summary>The packets of the vectors, which are written in the JSON form (PROTOCOL §3.5), by way of the codec of that form.</summary>
internal static class PacketJson
{
    internal static byte[] Bytes(Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonPacketCodec.Write(packet, output);
        return output.WrittenSpan.ToArray();
    }

    internal static JsonNode Write(Packet packet) => JsonNode.Parse(Bytes(packet))!;

    internal static Packet Read(JsonNode json) => Read(Encoding.UTF8.GetBytes(json.ToJsonString()));

    internal static Packet Read(ReadOnlySpan<byte> json)
    {
        var result = JsonPacketCodec.Read(json, int.MaxValue);
        Assert.Null(result.Fault);
        return result.Packet!;
    }
}

using CsCheck;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>What holds for every packet and every text (PROTOCOL §3.5).</summary>
public class JsonPacketCodecProperties
{
    [Fact]
    public void Every_packet_comes_back_as_it_went() => AnyPacket.OfAnyKind.Sample(
        packet => Assert.Equal(packet, PacketJson.Read(PacketJson.Bytes(packet)), PacketEquality.Instance),
        iter: 5_000);
}

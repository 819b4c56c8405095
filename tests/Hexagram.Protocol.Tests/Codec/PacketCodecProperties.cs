using System.Buffers;
using CsCheck;
using Hexagram.Protocol.Codec;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>What holds for every packet and every run of bytes (PROTOCOL §3).</summary>
public class PacketCodecProperties
{
    private const int PacketBytesMax = 64 << 10;

    [Fact]
    public void Every_packet_comes_back_as_it_went()
    {
        AnyPacket.OfAnyKind.Sample(packet => Assert.Equal([packet], ReadAll(new ReadOnlySequence<byte>(Bytes.Of(packet))), PacketEquality.Instance));
    }

    [Fact]
    public void Packets_come_back_whole_wherever_the_segments_end()
    {
        (from packets in AnyPacket.OfAnyKind.Array[1, 8]
         let bytes = Bytes.Of(packets)
         from cuts in Gen.Int[0, bytes.Length].Array[0, 30]
         select (packets, bytes, cuts))
            .Sample(it => Assert.Equal(it.packets, ReadAll(Bytes.InSegments(it.bytes, it.cuts)), PacketEquality.Instance));
    }

    private static List<Packet> ReadAll(ReadOnlySequence<byte> input)
    {
        var packets = new List<Packet>();
        while (PacketCodec.TryRead(ref input, PacketBytesMax, out var result) is var outcome && outcome == PacketReadOutcome.Packet)
        {
            packets.Add(result.Packet!);
        }

        Assert.True(input.IsEmpty);
        return packets;
    }
}

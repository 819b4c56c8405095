using System.Buffers;
using System.Text;
using CsCheck;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>What holds for every packet and every text (PROTOCOL §3.5).</summary>
public class JsonPacketCodecProperties
{
    private const int MessageBytesMax = 64 << 10;

    [Fact]
    public void Every_packet_comes_back_as_it_went() => AnyPacket.OfAnyKind.Sample(
        packet => Assert.Equal(packet, PacketJson.Read(PacketJson.Bytes(packet)), PacketEquality.Instance),
        iter: 10_000);

    [Fact]
    public void Every_packet_goes_from_the_binary_form_to_the_JSON_form_and_back_without_a_change() => AnyPacket.OfAnyKind.Sample(
        packet =>
        {
            var binary = Bytes.Of(packet);
            var input = new ReadOnlySequence<byte>(binary);
            Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, MessageBytesMax, out var read));
            Assert.Equal(Convert.ToHexString(binary), Convert.ToHexString(Bytes.Of(PacketJson.Read(PacketJson.Bytes(read.Packet!)))));
        },
        iter: 5_000);

    [Fact]
    public void Any_text_of_people_comes_back_as_it_went() => Gen.String[Gen.Char[(char)0, (char)0xD7FF], 0, 100].Sample(text =>
    {
        var packet = new MessageRequest(MessageId.New(DateTimeOffset.UnixEpoch, 1, 2), new UserId("bob"), text);
        Assert.Equal(packet, PacketJson.Read(PacketJson.Bytes(packet)));
    });

    [Fact]
    public void However_JSON_lets_a_packet_be_spelled_it_is_the_same_packet() =>
        (from packet in AnyPacket.OfAnyKind
         from seed in Gen.Int
         select (packet, seed))
            .Sample(
                it =>
                {
                    var spelled = Respelling.Of(PacketJson.Write(it.packet), new Random(it.seed));
                    Assert.Equal(it.packet, PacketJson.Read(Encoding.UTF8.GetBytes(spelled)), PacketEquality.Instance);
                },
                iter: 10_000);

    [Fact]
    public void A_packet_comes_back_whole_wherever_the_segments_end() =>
        (from packet in AnyPacket.OfAnyKind
         let bytes = PacketJson.Bytes(packet)
         from cuts in Gen.Int[0, bytes.Length].Array[0, 30]
         select (packet, bytes, cuts))
            .Sample(
                it => Assert.Equal(it.packet, JsonPacketCodec.Read(Bytes.InSegments(it.bytes, it.cuts), MessageBytesMax).Packet!, PacketEquality.Instance),
                iter: 2_000);

    [Fact]
    public void Every_limit_below_the_length_refuses_and_every_other_reads() => Gen.Select(AnyPacket.OfAnyKind, Gen.Int[-40, 40]).Sample((packet, difference) =>
    {
        var bytes = PacketJson.Bytes(packet);
        var limit = bytes.Length + difference;
        foreach (var result in new[] { JsonPacketCodec.Read(bytes, limit), JsonPacketCodec.Read(Bytes.InSegments(bytes, 5), limit) })
        {
            Assert.Equal(difference < 0 ? ErrorCode.PacketTooLarge : ErrorCode.None, result.Code);
            Assert.Equal(difference < 0, result.Packet is null);
        }
    });

    [Fact]
    public void No_JSON_form_is_longer_than_six_times_what_the_binary_form_allows() => AnyPacket.OfAnyKind.Sample(packet =>
    {
        var contentBytes = packet switch
        {
            MessageRequest it => it.Body.Content.Length,
            MessageNotify it => it.Body.Content.Length,
            _ => 0,
        };
        Assert.InRange(PacketJson.Bytes(packet).Length, 1, JsonPacketCodec.BytesMax(contentBytes + ProtocolLimits.PacketOverheadBytes));
    });

    [Fact]
    public void A_packet_without_its_end_is_refused() =>
        (from packet in AnyPacket.OfAnyKind
         let bytes = PacketJson.Bytes(packet)
         from length in Gen.Int[0, bytes.Length - 1]
         select bytes[..length])
            .Sample(bytes => Assert.Equal(ErrorCode.ProtocolViolation, JsonPacketCodec.Read(bytes, MessageBytesMax).Code));

    [Fact]
    public void Garbage_gets_an_answer() => Gen.Byte.Array[0, 400].Sample(ReadWhatever, iter: 2_000);

    [Fact]
    public void A_packet_that_was_damaged_on_its_way_gets_an_answer() =>
        (from packet in AnyPacket.OfAnyKind
         from seed in Gen.Int
         select JsonDamage.Of(PacketJson.Bytes(packet), new Random(seed)))
            .Sample(ReadWhatever, iter: 10_000);

    [Fact]
    public void A_fault_says_nothing_of_what_the_packet_held() =>
        (from packet in AnyPacket.OfAnyKind
         from seed in Gen.Int
         select (packet, seed))
            .Sample(
                it =>
                {
                    const string secret = "s3cr3t";
                    var damaged = JsonDamage.Of(PacketJson.Bytes(AnyPacket.WithSecret(it.packet, secret)), new Random(it.seed));
                    Assert.DoesNotContain(secret, JsonPacketCodec.Read(damaged, MessageBytesMax).Fault ?? "", StringComparison.Ordinal);
                },
                iter: 5_000);

    /// <summary>Never an exception, the same in pieces, and what comes out is a packet that can be written and read again.</summary>
    private static void ReadWhatever(byte[] bytes)
    {
        var result = JsonPacketCodec.Read(bytes, MessageBytesMax);
        var inPieces = JsonPacketCodec.Read(Bytes.InSegments(bytes, bytes.Length / 3, bytes.Length / 2), MessageBytesMax);
        Assert.Equal((result.Code, result.Fault), (inPieces.Code, inPieces.Fault));
        Assert.Equal(result.Packet, inPieces.Packet, PacketEquality.Instance!);
        if (result.Packet is { } packet)
        {
            Assert.Equal(packet, PacketJson.Read(PacketJson.Bytes(packet)), PacketEquality.Instance);
            return;
        }

        Assert.Contains(result.Code, new[] { ErrorCode.ProtocolViolation, ErrorCode.PacketUnknown });
        Assert.NotEmpty(result.Fault!);
    }
}

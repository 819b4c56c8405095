using System.Buffers;
using System.Text;
using CsCheck;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>The short way of the six lines reads exactly what the long way does, or leaves it to that.</summary>
public class JsonShortWayTests
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1" ? 50 : 1;

    [Fact]
    public void The_usual_text_of_a_line_is_read_the_short_way_and_no_other_packet() => AnyPacket.OfAnyKind.Sample(
        packet =>
        {
            var json = PacketJson.Bytes(packet);
            Assert.Equal(AnyPacket.IsLine(packet) && !HoldsAnEscapedName(packet) ? packet : null, JsonLineReader.Read(json), PacketEquality.Instance!);
            Assert.Equal(packet, JsonPacketReader.Read(json).Packet!, PacketEquality.Instance);
        },
        iter: 20_000 * Rounds);

    [Fact]
    public void Damaged_lines_are_read_alike_on_both_ways()
    {
        var lines = AnyPacket.OfALine.Array[500].Single(_ => true, seed: "2ybDMG7OKP61").Select(PacketJson.Bytes).ToArray();
        var chance = new Random(2026);
        var readShort = 0;
        for (var i = 0; i < 200_000 * Rounds; i++)
        {
            readShort += ReadAlike(JsonDamage.Of(lines[chance.Next(lines.Length)], chance)) ? 1 : 0;
        }

        // Enough of them look usual, or nothing was compared.
        Assert.InRange(readShort, 3_000 * Rounds, 150_000 * Rounds);
    }

    /// <summary>Each byte of a line of each kind is left out, doubled and replaced by each of those that mean something.</summary>
    [Fact]
    public void Lines_that_are_wrong_in_one_byte_are_read_alike_on_both_ways()
    {
        foreach (var packet in VectorFile.Vectors("packets.json").Select(vector => PacketJson.Read(vector["packet"]!)).Where(AnyPacket.IsLine))
        {
            var json = PacketJson.Bytes(packet);
            for (var i = 0; i < json.Length; i++)
            {
                ReadAlike([.. json[..i], .. json[(i + 1)..]]);
                ReadAlike([.. json[..i], json[i], .. json[i..]]);
                foreach (var other in "\"\\{}[]:,0e/=-Aa \0"u8)
                {
                    ReadAlike([.. json[..i], other, .. json[(i + 1)..]]);
                }
            }
        }
    }

    [Fact]
    public void Every_vector_is_answered_as_the_long_way_answers_it()
    {
        foreach (var vector in VectorFile.Vectors("reading-json.json"))
        {
            ReadAlike(VectorFile.Message(vector));
        }
    }

    [Fact]
    public void A_line_costs_its_packet_and_its_body_to_read_and_nothing_to_write()
    {
        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        var id = MessageId.New(at, 1, 2);
        var body = Body.FromBytes(new byte[100], "image/png");
        Assert.Equal((192, 0), Cost(new MessageRequest(id, new UserId("bob"), body)));
        Assert.Equal((192, 0), Cost(new MessageRequest(id, new UserId("bob"), "\"\n" + new string('x', 98))));
        Assert.Equal((48, 0), Cost(new MessageAcknowledge(id, at)));
        Assert.Equal((224, 0), Cost(new MessageNotify(new Sequence(1), id, new UserId("bob"), at, body, false)));
        Assert.Equal((32, 0), Cost(new AckRequest(new Epoch(1), new Sequence(1))));
        Assert.Equal((32, 0), Cost(new AckAcknowledge(new Epoch(1), new Sequence(1))));
        Assert.Equal((80, 0), Cost(new AckNotify(new UserId("bob"), new[] { id }, MessageState.Delivered)));
        Assert.Equal((0, 0), Cost(Ping.Instance));
    }

    /// <summary>Content types of these generators may hold what JSON escapes; names do not.</summary>
    private static bool HoldsAnEscapedName(Packet packet) => packet switch
    {
        MessageRequest it => it.Body.ContentType?.AsSpan().ContainsAny('"', '\\') ?? false,
        MessageNotify it => it.Body.ContentType?.AsSpan().ContainsAny('"', '\\') ?? false,
        _ => false,
    };

    /// <summary>What the short way reads, the long way reads as well and as the same.</summary>
    private static bool ReadAlike(byte[] json)
    {
        if (JsonLineReader.Read(json) is not { } packet)
        {
            return false;
        }

        var other = JsonPacketReader.Read(json);
        Assert.True(other.Fault is null, $"{other.Fault} {Encoding.UTF8.GetString(json)}");
        Assert.Equal(other.Packet!, packet, PacketEquality.Instance);
        return true;
    }

    /// <summary>The least of many times: tests beside this one displace recent texts.</summary>
    private static (long Read, long Written) Cost(Packet packet) => Enumerable.Range(0, 50).Select(_ => CostOnce(packet)).Min();

    private static (long Read, long Written) CostOnce(Packet packet)
    {
        var output = new ArrayBufferWriter<byte>(1_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        JsonPacketCodec.Write(packet, output);
        var written = GC.GetAllocatedBytesForCurrentThread() - before;

        before = GC.GetAllocatedBytesForCurrentThread();
        _ = JsonPacketCodec.Read(output.WrittenSpan, 1_000);
        return (GC.GetAllocatedBytesForCurrentThread() - before, written);
    }
}

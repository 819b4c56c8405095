using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Tests.Codec;

namespace Hexagram.Protocol.Tests.Vectors;

/// <summary>Runs the vectors of the JSON form: <c>reading-json.json</c>, and every packet of the others through both forms.</summary>
public class JsonVectorTests
{
    private static readonly int MessageBytesMax = JsonPacketCodec.BytesMax(VectorFile.PacketBytesMax);

    public static TheoryData<string> Readings => VectorFile.Names("reading-json.json");

    [Theory]
    [MemberData(nameof(Readings))]
    public void A_text_is_read_as_its_vector_says(string name)
    {
        var vector = VectorFile.Vector("reading-json.json", name);
        Check(vector, JsonPacketCodec.Read(VectorFile.Message(vector), MessageBytesMax));
    }

    [Fact]
    public void A_text_is_read_the_same_in_any_pieces()
    {
        foreach (var vector in VectorFile.Vectors("reading-json.json"))
        {
            var message = VectorFile.Message(vector);
            Gen.Int[0, message.Length].Array[0, 12].Sample(
                cuts => Check(vector, JsonPacketCodec.Read(Bytes.InSegments(message, cuts), MessageBytesMax)),
                iter: message.Length > 10_000 ? 2 : 20);
        }
    }

    [Fact]
    public void Hostile_texts_cost_memory_in_proportion_to_their_number_of_bytes()
    {
        foreach (var vector in VectorFile.Vectors("reading-json.json"))
        {
            var message = VectorFile.Message(vector);
            var before = GC.GetAllocatedBytesForCurrentThread();
            _ = JsonPacketCodec.Read(message, MessageBytesMax);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64 << 10) + (16L * message.Length));
        }
    }

    [Fact]
    public void Every_packet_of_the_vectors_goes_through_both_forms_and_back()
    {
        var steps = VectorFile.Vectors("conversations.json").SelectMany(conversation => conversation["steps"]!.AsArray());
        foreach (var vector in VectorFile.Vectors("packets.json").Concat(steps))
        {
            var json = Encoding.UTF8.GetBytes(vector!["packet"]!.ToJsonString());
            var binary = new ReadOnlySequence<byte>(Bytes.Of(PacketJson.Read(json)));
            Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref binary, VectorFile.PacketBytesMax, out var result));

            // Members stand in the order in which the page and the vectors show them.
            Assert.Equal(Unescaped(vector["packet"]!), Encoding.UTF8.GetString(PacketJson.Bytes(result.Packet!)));
        }
    }

    [Fact]
    public void What_a_reader_of_values_may_accept_is_refused_by_one_that_sees_the_text()
    {
        var vectors = VectorFile.Vectors("reading-json.json").Where(vector => vector["values"] is not null).ToArray();
        Assert.InRange(vectors.Length, 5, 30);
        Assert.All(vectors, vector => Assert.Equal(3000, vector["error"]!.GetValue<int>()));
        Assert.All(vectors, vector => Assert.NotNull(PacketJson.Read(vector["values"]!)));
    }

    private static string Unescaped(JsonNode json) =>
        json.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static void Check(JsonNode vector, PacketReadResult result)
    {
        if (vector["packet"] is { } packet)
        {
            Assert.Null(result.Fault);
            Assert.Equal(ErrorCode.None, result.Code);
            Assert.True(JsonNode.DeepEquals(packet, PacketJson.Write(result.Packet!)), PacketJson.Write(result.Packet!).ToJsonString());
            return;
        }

        Assert.Equal((ErrorCode)vector["error"]!.GetValue<int>(), result.Code);
        Assert.NotEmpty(result.Fault!);
        Assert.Null(result.Packet);
    }
}

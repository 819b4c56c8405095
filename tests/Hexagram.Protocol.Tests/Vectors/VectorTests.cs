using System.Buffers;
using System.Text.Json.Nodes;
using CsCheck;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Tests.Codec;

namespace Hexagram.Protocol.Tests.Vectors;

/// <summary>Runs <c>protocol/vectors</c>: what every implementation of the protocol agrees on.</summary>
public class VectorTests
{
    public static TheoryData<string> Packets => VectorFile.Names("packets.json");

    public static TheoryData<string> Readings => VectorFile.Names("reading.json");

    public static TheoryData<string> Conversations => VectorFile.Names("conversations.json");

    public static TheoryData<string, string, bool> Identities =>
        [.. VectorFile.Vectors("identities.json").Select(it =>
            (it["kind"]!.GetValue<string>(), it["text"]!.GetValue<string>(), it["valid"]!.GetValue<bool>()))];

    [Theory]
    [MemberData(nameof(Packets))]
    public void A_packet_is_written_and_read_as_its_vector_says(string name) =>
        RunBothWays(VectorFile.Vector("packets.json", name));

    [Theory]
    [MemberData(nameof(Readings))]
    public void Bytes_are_read_as_their_vector_says(string name)
    {
        var vector = VectorFile.Vector("reading.json", name);
        var input = new ReadOnlySequence<byte>(VectorFile.Frame(vector));
        var before = input;

        var outcome = PacketCodec.TryRead(ref input, VectorFile.PacketBytesMax, out var result);

        if (vector["packet"] is { } packet)
        {
            Assert.Equal(PacketReadOutcome.Packet, outcome);
            Assert.True(JsonNode.DeepEquals(packet, PacketJson.Write(result.Packet!)), PacketJson.Write(result.Packet!).ToJsonString());
            Assert.True(input.IsEmpty);
            return;
        }

        Assert.Equal(vector["error"] is null ? PacketReadOutcome.Incomplete : PacketReadOutcome.Violation, outcome);
        Assert.Equal((ErrorCode)(vector["error"]?.GetValue<int>() ?? 0), result.Code);
        Assert.Equal(vector["error"] is null, result.Fault is null);
        Assert.Equal(before, input);
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Every_step_of_a_conversation_is_written_and_read_as_its_vector_says(string name)
    {
        foreach (var step in VectorFile.Vector("conversations.json", name)["steps"]!.AsArray())
        {
            RunBothWays(step!);
        }
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void A_side_of_a_conversation_reads_the_same_in_any_pieces(string name)
    {
        foreach (var side in VectorFile.Vector("conversations.json", name)["steps"]!.AsArray().GroupBy(step => step!["by"]!.GetValue<string>()))
        {
            var stream = side.SelectMany(step => VectorFile.Frame(step!)).ToArray();
            Gen.Int[0, stream.Length].Array[0, 12].Sample(
                cuts =>
                {
                    var input = Bytes.InSegments(stream, cuts);
                    foreach (var step in side)
                    {
                        Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, VectorFile.PacketBytesMax, out var result));
                        Assert.Equal(PacketJson.Read(step!["packet"]!), result.Packet, PacketEquality.Instance);
                    }

                    Assert.True(input.IsEmpty);
                },
                iter: 100);
        }
    }

    [Theory]
    [MemberData(nameof(Identities))]
    public void A_text_is_an_identity_as_its_vector_says(string kind, string text, bool valid) => Assert.Equal(valid, kind switch
    {
        "user" => UserId.TryParse(text, out _),
        "device" => DeviceId.TryParse(text, out _),
        "message" => MessageId.TryParse(text, out _),
        _ => throw new ArgumentException($"There is no identity {kind}.", nameof(kind)),
    });

    [Fact]
    public void Every_kind_of_packet_has_a_vector() => Assert.Equal(
        typeof(Packet).Assembly.GetTypes().Where(type => type.BaseType == typeof(Packet)).OrderBy(type => type.Name),
        VectorFile.Vectors("packets.json").Select(vector => PacketJson.Read(vector["packet"]!).GetType()).Distinct().OrderBy(type => type.Name));

    private static void RunBothWays(JsonNode vector)
    {
        var frame = VectorFile.Frame(vector);
        Assert.Equal(Convert.ToHexStringLower(frame), Convert.ToHexStringLower(Bytes.Of(PacketJson.Read(vector["packet"]!))));

        var input = new ReadOnlySequence<byte>(frame);
        Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, VectorFile.PacketBytesMax, out var result));
        Assert.True(JsonNode.DeepEquals(vector["packet"], PacketJson.Write(result.Packet!)), PacketJson.Write(result.Packet!).ToJsonString());
        Assert.True(input.IsEmpty);
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Hexagram.Protocol.Polling;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Polling;

/// <summary>The bodies of long polling: the vectors, and what is refused (PROTOCOL §14).</summary>
public class PollingCodecTests
{
    private const string Hello =
        """{"kind":"hello","token":"","device":"phone","connection":8,"epoch":"5eed0000c0ffee01","cursor":41,"window":256,"windowBytes":4194304,"start":"oldest","software":"example/1.0"}""";

    private const string Message = """{"kind":"msg:R","id":"019b7ca9-8f2e-7a01-8f00-0000000000a1","to":"bob","text":"hi"}""";

    public static TheoryData<string> Vectors => VectorFile.Names("polling.json");

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_request_is_read_and_written_as_its_vector_says(string name)
    {
        var vector = VectorFile.Vector("polling.json", name);
        if (vector["request"] is not { } request)
        {
            return;
        }

        var body = Encoding.UTF8.GetBytes(request.ToJsonString());
        var written = new ArrayBufferWriter<byte>();
        switch (vector["path"]!.GetValue<string>())
        {
            case "poll":
                PollingCodec.Write(PollingCodec.ReadPoll(body).Value!, written);
                break;
            case "messages":
                PollingCodec.Write(PollingCodec.ReadMessages(body).Value!, written);
                break;
            default:
                written.Write(PacketJson.Bytes(PacketJson.Read(request)));
                break;
        }

        Assert.True(JsonNode.DeepEquals(request, JsonNode.Parse(written.WrittenSpan)), Encoding.UTF8.GetString(written.WrittenSpan));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void An_answer_is_read_and_written_as_its_vector_says(string name)
    {
        var vector = VectorFile.Vector("polling.json", name);
        var status = vector["status"]!.GetValue<int>();
        var body = Encoding.UTF8.GetBytes(vector["answer"]!.ToJsonString());
        var read = status == 200 ? PollingCodec.ReadAnswer(body) : PollingCodec.ReadProblem(body);

        Assert.Null(read.Fault);
        var packets = Encoding.UTF8.GetBytes(string.Join(',', read.Value!.Packets.Select(packet => Encoding.UTF8.GetString(PacketJson.Bytes(packet)))));
        var written = new ArrayBufferWriter<byte>();
        if (read.Value.Goodbye is { } goodbye)
        {
            PollingCodec.WriteProblem(goodbye, status, packets, written);
        }
        else
        {
            PollingCodec.WriteAnswer(packets, written);
        }

        Assert.True(JsonNode.DeepEquals(vector["answer"], JsonNode.Parse(written.WrittenSpan)), Encoding.UTF8.GetString(written.WrittenSpan));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData($$"""{"hello":{{Hello}}""")]
    [InlineData($$"""{"hello":{{Hello}}} x""")]
    [InlineData($$"""{"hello":{{Hello}},"hello":{{Hello}}}""")]
    [InlineData($$"""{"hello":[{{Hello}}]}""")]
    [InlineData($$"""{"hello":{{Message}}}""")]
    [InlineData($$"""{"hello":{{Hello}},"received":null}""")]
    [InlineData($$"""{"hello":{{Hello}},"received":"42"}""")]
    [InlineData($$"""{"hello":{{Hello}},"received":42.0}""")]
    [InlineData($$"""{"hello":{{Hello}},"received":40}""")]
    [InlineData($$"""{"hello":{{Hello}},"received":9007199254740992}""")]
    [InlineData($$"""{"hello":{{Hello}},"holdMilliseconds":-1}""")]
    [InlineData($$"""{"hello":{{Hello}},"holdMilliseconds":1e3}""")]
    [InlineData($$"""{"hello":{{Hello}},"leaves":1}""")]
    public void A_poll_that_breaks_the_protocol_is_refused(string body)
    {
        var read = PollingCodec.ReadPoll(Encoding.UTF8.GetBytes(body));

        Assert.Equal((null, ErrorCode.ProtocolViolation), (read.Value, read.Code));
        Assert.NotEmpty(read.Fault!);
    }

    [Fact]
    public void A_token_belongs_into_the_header_and_is_not_repeated_in_a_fault()
    {
        var read = PollingCodec.ReadPoll(Encoding.UTF8.GetBytes($$"""{"hello":{{Hello.Replace("\"token\":\"\"", "\"token\":\"s3cr3t\"", StringComparison.Ordinal)}}}"""));

        Assert.Null(read.Value);
        Assert.DoesNotContain("s3cr3t", read.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($$"""{"hello":{{Hello}}}""", null, null, false)]
    [InlineData($$"""{"leaves":false,"other":[null,1e400],"hello":{{Hello}}}""", null, null, false)]
    [InlineData($$"""{"hello":{{Hello}},"received":41,"holdMilliseconds":0,"leaves":true}""", 41L, 0, true)]
    [InlineData($$"""{"h\u0065llo":{{Hello}},"holdMilliseconds":100000000}""", null, 90_000, false)]
    public void What_may_be_left_out_or_is_unknown_does_no_harm(string body, long? received, int? hold, bool leaves)
    {
        var read = PollingCodec.ReadPoll(Encoding.UTF8.GetBytes(body));

        Assert.Null(read.Fault);
        Assert.Equal((received, hold, leaves), (read.Value!.Received?.Value, (int?)read.Value.Hold?.TotalMilliseconds, read.Value.Leaves));
    }

    [Fact]
    public void No_more_messages_are_read_than_allowed()
    {
        string Body(int count) => $$"""{"requests":[{{string.Join(',', Enumerable.Repeat(Message, count))}}]}""";

        Assert.Equal(ProtocolLimits.RequestsPerPostMax, PollingCodec.ReadMessages(Encoding.UTF8.GetBytes(Body(ProtocolLimits.RequestsPerPostMax))).Value!.Requests.Count);
        Assert.Equal(ErrorCode.ProtocolViolation, PollingCodec.ReadMessages(Encoding.UTF8.GetBytes(Body(ProtocolLimits.RequestsPerPostMax + 1))).Code);
    }

    [Fact]
    public void Only_what_is_to_be_retried_is_held_back()
    {
        string Body(int code) => $$"""{"requests":[{{Message}}],"held":[{"kind":"error","code":{{code}},"text":"","id":"019b7ca9-8f2e-7a01-8f00-0000000000a1","to":"bob"}]}""";

        Assert.Single(PollingCodec.ReadMessages(Encoding.UTF8.GetBytes(Body(1100))).Value!.Held);
        Assert.Equal(ErrorCode.ProtocolViolation, PollingCodec.ReadMessages(Encoding.UTF8.GetBytes(Body(3100))).Code);
    }

    [Fact]
    public void Whatever_bytes_come_they_are_read_or_refused_in_words()
    {
        var bodies = VectorFile.Vectors("polling.json").SelectMany(vector => new[] { vector["request"], vector["answer"] }).OfType<JsonNode>()
            .Select(body => Encoding.UTF8.GetBytes(body.ToJsonString())).ToArray();
        Gen.Select(Gen.Int[0, bodies.Length - 1], Gen.Int[0, 5_000], Gen.Byte, Gen.Int[0, 5_000]).Sample((which, place, value, end) =>
        {
            var body = bodies[which].ToArray();
            body[place % body.Length] = value;
            body = body[..(end % 2 == 0 ? body.Length : end % body.Length)];
            Holds(PollingCodec.ReadPoll(body));
            Holds(PollingCodec.ReadMessages(body));
            Holds(PollingCodec.ReadAnswer(body));
            Holds(PollingCodec.ReadProblem(body));
        });

        static void Holds<T>(PollingReadResult<T> read)
            where T : class => Assert.Equal(read.Value is null, read.Fault is not null && read.Code != ErrorCode.None);
    }
}

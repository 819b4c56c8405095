using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Hexagram.Protocol.Codec.Json;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec.Json;

/// <summary>How the codec treats memory, what it refuses to write, and how it spells what it writes (PROTOCOL §3.5).</summary>
public class JsonPacketCodecTests
{
    private static readonly MessageId Id = MessageId.New(DateTimeOffset.UnixEpoch.AddYears(56), 1, 2);
    private static readonly UserId Bob = new("bob");

    public static TheoryData<string, Packet> Unwritable => PacketCodecTests.Unwritable;

    [Theory]
    [MemberData(nameof(Unwritable))]
    public void A_packet_that_no_reader_accepts_is_not_written(string what, Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        var fault = Assert.Throws<ArgumentException>(() => JsonPacketCodec.Write(packet, output));
        Assert.Equal(0, output.WrittenCount);
        Assert.DoesNotContain("s3cr3t", fault.Message, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    [Fact]
    public void A_text_stands_there_as_people_read_it_and_only_what_JSON_demands_is_escaped() => Assert.EndsWith(
        """
        "text":"你好 🐎 é/ \"\\\n\r\t\b\f\u0000\u001f
        """ + "\u007f\u2028\"}",
        Encoding.UTF8.GetString(PacketJson.Bytes(new MessageRequest(Id, Bob, "你好 🐎 é/ \"\\\n\r\t\b\f\0\u001f\u007f\u2028"))),
        StringComparison.Ordinal);

    [Fact]
    public void Every_character_that_JSON_demands_to_be_escaped_is()
    {
        var text = string.Concat(Enumerable.Range(0, 0x80).Select(value => (char)value));
        var json = PacketJson.Write(new MessageRequest(Id, Bob, text));
        Assert.Equal(text, json["text"]!.GetValue<string>());
    }

    [Fact]
    public void Times_are_cut_and_waits_are_rounded_up_to_whole_milliseconds()
    {
        var at = DateTimeOffset.UnixEpoch.AddMilliseconds(5);
        Assert.Equal("1970-01-01T00:00:00.005Z", PacketJson.Write(new MessageAcknowledge(Id, at.AddTicks(9_999)))["acceptedAt"]!.GetValue<string>());
        Assert.Equal("1970-01-01T00:00:00.005Z", PacketJson.Write(new MessageAcknowledge(Id, at.ToOffset(TimeSpan.FromHours(8))))["acceptedAt"]!.GetValue<string>());
        Assert.Equal(6, PacketJson.Write(new Goodbye(ErrorCode.Idle, "", TimeSpan.FromMilliseconds(5) + TimeSpan.FromTicks(1)))["retryAfterMilliseconds"]!.GetValue<int>());
    }

    [Fact]
    public void Text_for_people_is_made_one_line_and_cut_as_in_the_binary_form()
    {
        Assert.Equal("two  lines ", PacketJson.Write(new Goodbye(ErrorCode.Idle, "two\r\nlines\u0007", TimeSpan.Zero))["text"]!.GetValue<string>());
        Assert.Equal("a\uFFFDb", PacketJson.Write(new Goodbye(ErrorCode.Idle, "a\uD800b", TimeSpan.Zero))["text"]!.GetValue<string>());
        Assert.Equal(1_024, PacketJson.Write(new Goodbye(ErrorCode.Idle, new string('a', 2_000), TimeSpan.Zero))["text"]!.GetValue<string>().Length);
    }

    [Fact]
    public void A_body_outlives_the_memory_that_it_was_read_from()
    {
        foreach (var body in new Body[] { "still here", "still\nhere", Body.FromBytes("still here"u8.ToArray(), "text/plain") })
        {
            var bytes = PacketJson.Bytes(new MessageRequest(Id, Bob, body));
            var packet = PacketJson.Read(bytes);
            Array.Clear(bytes);
            Assert.Equal(body, Assert.IsType<MessageRequest>(packet).Body);
        }
    }

    [Fact]
    public void Reading_copies_a_large_body_once_and_writing_allocates_none()
    {
        foreach (var body in new[] { Body.FromBytes(new byte[1 << 20], "application/zip"), new string('x', 1 << 20), new string('\n', 1 << 20) })
        {
            var packet = new MessageRequest(Id, Bob, body);
            var bytes = PacketJson.Bytes(packet);
            var output = new ArrayBufferWriter<byte>(bytes.Length * 2);
            _ = PacketJson.Read(bytes); // what is rented stays in its pool

            var before = GC.GetAllocatedBytesForCurrentThread();
            JsonPacketCodec.Write(packet, output);
            var written = GC.GetAllocatedBytesForCurrentThread() - before;
            var result = JsonPacketCodec.Read(bytes, 8 << 20);
            var read = GC.GetAllocatedBytesForCurrentThread() - before - written;

            Assert.IsType<MessageRequest>(result.Packet);
            // A collection in the midst counts what is left of the thread's portion, up to 8 KiB.
            Assert.InRange(written, 0, 64 << 10);
            Assert.InRange(read, 1 << 20, (1 << 20) + (64 << 10));
        }
    }

    [Fact]
    public void A_writer_that_hands_out_its_memory_in_small_pieces_gets_the_same_bytes()
    {
        var packets = VectorFile.Vectors("packets.json").Select(vector => PacketJson.Read(vector["packet"]!))
            .Append(new MessageRequest(Id, Bob, Body.FromBytes(new byte[1_000], "image/png")))
            .Append(new MessageRequest(Id, new UserId("b\"o\\b"), new string('六', 1_000) + "\n\"\u0001"));
        foreach (var packet in packets)
        {
            var output = new MiserlyWriter();
            JsonPacketCodec.Write(packet, output);
            Assert.Equal(Encoding.UTF8.GetString(PacketJson.Bytes(packet)), Encoding.UTF8.GetString([.. output.Written]));
        }
    }

    [Fact]
    public void A_name_may_be_escaped_from_end_to_end()
    {
        foreach (var packet in VectorFile.Vectors("packets.json").Select(vector => PacketJson.Read(vector["packet"]!)))
        {
            var escaped = Regex.Replace(
                Encoding.UTF8.GetString(PacketJson.Bytes(packet)),
                "\"(\\w+)\":",
                name => $"\"{string.Concat(name.Groups[1].Value.Select(letter => $"\\u{(int)letter:x4}"))}\":");
            Assert.Equal(packet, PacketJson.Read(Encoding.UTF8.GetBytes(escaped)), PacketEquality.Instance);
        }
    }

    [Fact]
    public void A_list_as_long_as_allowed_comes_back()
    {
        var ids = Enumerable.Range(0, ProtocolLimits.IdsPerPacketMax).Select(n => MessageId.New(DateTimeOffset.UnixEpoch, 0, (ulong)n << 2)).ToArray();
        Packet[] packets =
        [
            new AckNotify(Bob, ids, MessageState.Stored),
            new StatusRequest(Bob, ids),
            new StatusAcknowledge(Bob, [.. ids.Select(id => new MessageStatus(id, MessageState.Delivered, Forgotten: true))]),
        ];
        Assert.All(packets, packet => Assert.Equal(packet, PacketJson.Read(PacketJson.Bytes(packet)), PacketEquality.Instance));
    }
}

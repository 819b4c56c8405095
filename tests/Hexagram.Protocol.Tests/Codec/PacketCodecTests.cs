using System.Buffers;
using System.IO.Pipelines;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>How the codec treats memory, what it refuses to write, and what it makes fit (PROTOCOL §3).</summary>
public class PacketCodecTests
{
    private static readonly MessageId Id = MessageId.New(DateTimeOffset.UnixEpoch.AddYears(56), 1, 2);
    private static readonly UserId Bob = new("bob");
    private static readonly Epoch Epoch = new(7);
    private static readonly SessionLimits Limits = new(1, 1, 1, TimeSpan.FromDays(1));

    [Fact]
    public void A_body_outlives_the_memory_that_it_was_read_from()
    {
        var bytes = Bytes.Of(new MessageRequest(Id, Bob, "still here"));
        var input = new ReadOnlySequence<byte>(bytes);
        PacketCodec.TryRead(ref input, 1_000, out var result);

        Array.Clear(bytes);

        Assert.Equal("still here", Assert.IsType<MessageRequest>(result.Packet).Body.Text);
    }

    [Fact]
    public void Reading_copies_a_large_body_once_and_writing_allocates_none()
    {
        var packet = new MessageRequest(Id, Bob, Body.FromBytes(new byte[1 << 20], "application/zip"));
        var bytes = Bytes.Of(packet);
        var output = new ArrayBufferWriter<byte>(bytes.Length * 2);
        var input = Bytes.InSegments(bytes, Enumerable.Range(1, bytes.Length / 4096).Select(i => i * 4096));

        var before = GC.GetAllocatedBytesForCurrentThread();
        PacketCodec.Write(packet, output);
        var written = GC.GetAllocatedBytesForCurrentThread() - before;
        PacketCodec.TryRead(ref input, 2 << 20, out var result);
        var read = GC.GetAllocatedBytesForCurrentThread() - before - written;

        Assert.IsType<MessageRequest>(result.Packet);
        // A collection in the midst counts what is left of the thread's portion, up to 8 KiB.
        Assert.InRange(written, 0, 64 << 10);
        Assert.InRange(read, 1 << 20, (1 << 20) + (64 << 10));
    }

    [Fact]
    public void Hostile_bytes_cost_memory_in_proportion_to_their_number()
    {
        foreach (var vector in VectorFile.Vectors("reading.json"))
        {
            var frame = VectorFile.Frame(vector);
            var input = new ReadOnlySequence<byte>(frame);
            var before = GC.GetAllocatedBytesForCurrentThread();
            _ = PacketCodec.TryRead(ref input, VectorFile.PacketBytesMax, out _);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (64 << 10) + (64L * frame.Length));
        }
    }

    [Fact]
    public void A_writer_that_hands_out_its_memory_byte_by_byte_gets_the_same_bytes()
    {
        foreach (var vector in VectorFile.Vectors("packets.json"))
        {
            var output = new MiserlyWriter();
            PacketCodec.Write(PacketJson.Read(vector["packet"]!), output);
            Assert.Equal(VectorFile.Frame(vector), output.Written);
        }
    }

    [Fact]
    public async Task Packets_cross_a_pipe_in_the_pieces_in_which_it_gives_them()
    {
        var packets = VectorFile.Vectors("packets.json").Select(vector => PacketJson.Read(vector["packet"]!))
            .Append(new MessageRequest(Id, Bob, new string('六', 300_000)))
            .Append(Ping.Instance)
            .ToArray();
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 32, pauseWriterThreshold: 4096, resumeWriterThreshold: 1024));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        var writing = Task.Run(
            async () =>
            {
                foreach (var piece in Bytes.Of(packets).Chunk(1_009))
                {
                    await pipe.Writer.WriteAsync(piece, timeout.Token);
                }

                await pipe.Writer.CompleteAsync();
            },
            timeout.Token);

        var read = new List<Packet>();
        while (true)
        {
            var result = await pipe.Reader.ReadAsync(timeout.Token);
            var buffer = result.Buffer;
            while (PacketCodec.TryRead(ref buffer, 1 << 20, out var packet) == PacketReadOutcome.Packet)
            {
                read.Add(packet.Packet!);
            }

            pipe.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await writing;
        Assert.Equal(packets, read, PacketEquality.Instance);
    }

    [Fact]
    public void Times_are_cut_and_waits_are_rounded_up_to_whole_milliseconds()
    {
        var at = DateTimeOffset.UnixEpoch.AddMilliseconds(5);
        Assert.Equal(new MessageAcknowledge(Id, at), Again(new MessageAcknowledge(Id, at.AddTicks(9_999))));
        Assert.Equal(
            new Goodbye(ErrorCode.Idle, "", TimeSpan.FromMilliseconds(6)),
            Again(new Goodbye(ErrorCode.Idle, "", TimeSpan.FromMilliseconds(5) + TimeSpan.FromTicks(1))));
    }

    [Fact]
    public void Text_for_people_is_made_one_line_and_cut_at_a_whole_character()
    {
        Assert.Equal("two  lines ", ((Goodbye)Again(new Goodbye(ErrorCode.Idle, "two\r\nlines\u0007", TimeSpan.Zero))).Text);

        // One byte of room is left where the next character needs four.
        var text = ((Error)Again(new Error(ErrorCode.Forbidden, new string('a', 1_023) + "🐎🐎", Id, Bob, TimeSpan.Zero))).Text;
        Assert.Equal(new string('a', 1_023), text);

        // A lone surrogate has no UTF-8; it is written as U+FFFD.
        Assert.Equal("a\uFFFDb", ((Goodbye)Again(new Goodbye(ErrorCode.Idle, "a\uD800b", TimeSpan.Zero))).Text);
    }

    public static TheoryData<string, Packet> Unwritable => new()
    {
        { "no ids", new AckNotify(Bob, [], MessageState.Delivered) },
        { "too many ids", new AckNotify(Bob, [.. Enumerable.Repeat(Id, 1_001)], MessageState.Delivered) },
        { "a state that ack:N does not say", new AckNotify(Bob, [Id], MessageState.Accepted) },
        { "no ids to ask for", new StatusRequest(Bob, []) },
        { "no statuses", new StatusAcknowledge(Bob, []) },
        { "a state that there is not", new StatusAcknowledge(Bob, [new MessageStatus(Id, (MessageState)4)]) },
        { "a start that there is not", new Hello("t", new DeviceId("d"), new ConnectionNumber(1), Epoch, default, 0, 0, (StreamStart)2, "") },
        { "an id that was never set", new MessageAcknowledge(default, DateTimeOffset.UnixEpoch) },
        { "a time before 1970", new MessageAcknowledge(Id, DateTimeOffset.UnixEpoch.AddTicks(-1)) },
        { "entry 0", new MessageNotify(Sequence.None, Id, Bob, DateTimeOffset.UnixEpoch, "x", false) },
        { "a confirmation of nothing", new AckRequest(Epoch, Sequence.None) },
        { "a confirmation of no history", new AckRequest(Epoch.None, new Sequence(1)) },
        { "a number beyond 2^53 - 1", new AckAcknowledge(Epoch, new Sequence(1L << 53)) },
        { "a negative cursor", new AckAcknowledge(Epoch, new Sequence(-1)) },
        { "connection 0", new Hello("t", new DeviceId("d"), new ConnectionNumber(0), Epoch, default, 0, 0, StreamStart.Oldest, "") },
        { "a negative window", new Hello("t", new DeviceId("d"), new ConnectionNumber(1), Epoch, default, -1, 0, StreamStart.Oldest, "") },
        { "a token with a space", new Hello("s3cr3t t", new DeviceId("d"), new ConnectionNumber(1), Epoch, default, 0, 0, StreamStart.Oldest, "") },
        { "no history", new Welcome(Bob, Epoch.None, new Sequence(1), default, default, DateTimeOffset.UnixEpoch, Limits) },
        { "first available 0", new Welcome(Bob, Epoch, default, default, default, DateTimeOffset.UnixEpoch, Limits) },
        { "first available beyond last", new Welcome(Bob, Epoch, new Sequence(9), new Sequence(7), default, DateTimeOffset.UnixEpoch, Limits) },
        { "a body limit of 0", new Welcome(Bob, Epoch, new Sequence(1), default, default, DateTimeOffset.UnixEpoch, Limits with { BodyBytesMax = 0 }) },
        { "a body limit beyond 16 MiB", new Welcome(Bob, Epoch, new Sequence(1), default, default, DateTimeOffset.UnixEpoch, Limits with { BodyBytesMax = (16 << 20) + 1 }) },
        { "a horizon beyond 100 years", new Welcome(Bob, Epoch, new Sequence(1), default, default, DateTimeOffset.UnixEpoch, Limits with { Horizon = TimeSpan.FromDays(36_501) }) },
        { "no code", new Goodbye(ErrorCode.None, "", TimeSpan.Zero) },
        { "a wait beyond a day", new Goodbye(ErrorCode.Idle, "", TimeSpan.FromDays(2)) },
        { "a wait in the past", new Error(ErrorCode.MailboxFull, "", Id, Bob, TimeSpan.FromTicks(-1)) },
        { "a kind of its own", new Unheard() },
    };

    [Theory]
    [MemberData(nameof(Unwritable))]
    public void A_packet_that_no_reader_accepts_is_not_written(string what, Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        var fault = Assert.Throws<ArgumentException>(() => PacketCodec.Write(packet, output));
        Assert.Equal(0, output.WrittenCount);
        Assert.DoesNotContain("s3cr3t", fault.Message, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    private static Packet Again(Packet packet)
    {
        var input = new ReadOnlySequence<byte>(Bytes.Of(packet));
        Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, 100_000, out var result));
        return result.Packet!;
    }

    private sealed record Unheard : Packet;
}

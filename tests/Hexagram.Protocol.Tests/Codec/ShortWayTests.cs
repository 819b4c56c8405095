using System.Buffers;
using CsCheck;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Tests.Vectors;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>The short way of the six lines reads and writes exactly what the generated code does, or leaves it to that.</summary>
public class ShortWayTests
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1" ? 50 : 1;

    [Fact]
    public void A_packet_is_written_as_the_generated_code_writes_it() => AnyPacket.OfAnyKind.Sample(
        packet =>
        {
            var output = new ArrayBufferWriter<byte>();
            Assert.Equal(AnyPacket.IsLine(packet), LineWriter.TryWrite(packet, output));
            if (AnyPacket.IsLine(packet))
            {
                Assert.Equal(Convert.ToHexString(Generated(packet)), Convert.ToHexString(output.WrittenSpan));
            }
        },
        iter: 20_000 * Rounds);

    [Fact]
    public void A_line_is_written_the_same_at_every_length_of_its_parts()
    {
        var id = MessageId.New(DateTimeOffset.UnixEpoch.AddYears(56), 1, 2);
        var content = new byte[3_000];
        for (var length = 0; length < content.Length; length++)
        {
            var name = new UserId(new string('n', (length % UserId.BytesMax) + 1));
            var body = Body.FromBytes(content.AsMemory(0, length), new string('t', (length % Body.ContentTypeCharactersMax) + 1));
            var sequence = new Sequence(Math.Max(1, ProtocolLimits.NumberMax >> (length % 53)));
            var at = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() >> (length % 48));
            Packet[] packets =
            [
                new MessageRequest(id, name, body),
                new MessageAcknowledge(id, at),
                new MessageNotify(sequence, id, name, at, body, length % 2 == 0),
                new AckRequest(new Epoch(1), sequence),
                new AckNotify(name, new MessageId[(length % ProtocolLimits.IdsPerPacketMax) + 1].Select(_ => id).ToList(), MessageState.Stored),
            ];
            foreach (var packet in packets)
            {
                Assert.True(Bytes.Of(packet).AsSpan().SequenceEqual(Generated(packet)), $"{packet} of length {length}");
                Assert.Equal(packet, Again(packet), PacketEquality.Instance);
            }
        }
    }

    [Fact]
    public void The_usual_form_of_a_line_is_read_the_short_way_and_no_other_packet() => AnyPacket.OfAnyKind.Sample(
        packet => Assert.Equal(AnyPacket.IsLine(packet) ? packet : null, LineReader.Read(WithoutLength(Generated(packet))), PacketEquality.Instance!),
        iter: 20_000 * Rounds);

    [Fact]
    public void What_an_enemy_shapes_after_the_contract_is_read_alike_on_both_ways()
    {
        var readShort = 0;
        AnyWire.Frame.Sample(
            frame =>
            {
                if (ReadAlike(WithoutLength(frame)))
                {
                    Interlocked.Increment(ref readShort);
                }
            },
            iter: 50_000 * Rounds);
        Assert.InRange(readShort, 1_000 * Rounds, 49_000 * Rounds);
    }

    /// <summary>Many and cheap: the fields of true lines are damaged byte by byte, and the lengths before them are made true again.</summary>
    [Fact]
    public void Damaged_lines_are_read_alike_on_both_ways()
    {
        var lines = AnyPacket.OfALine.Array[500].Single(_ => true, seed: "2ybDMG7OKP61").Select(packet => WithoutLength(Generated(packet))).ToArray();
        var chance = new Random(2026);
        var readShort = 0;
        for (var i = 0; i < 500_000 * Rounds; i++)
        {
            var damaged = Damage(lines[chance.Next(lines.Length)], chance);
            readShort += ReadAlike(damaged) ? 1 : 0;
        }

        // Enough of them look usual, or nothing was compared.
        Assert.InRange(readShort, 50_000 * Rounds, 450_000 * Rounds);
    }

    /// <summary>Length, pieces and both ways together, against the generated code alone: outcome, packet and words.</summary>
    [Fact]
    public void The_codec_answers_as_the_generated_code_does_in_whatever_pieces()
    {
        var frames = AnyPacket.OfAnyKind.Array[200].Single(_ => true, seed: "aa7o9TUyMuF2").Select(Generated).ToArray();
        var chance = new Random(7);
        for (var i = 0; i < 50_000 * Rounds; i++)
        {
            var frame = frames[chance.Next(frames.Length)].ToArray();
            if (chance.Next(3) > 0)
            {
                frame[chance.Next(frame.Length)] = (byte)chance.Next(256);
            }

            var input = Bytes.InSegments(frame, Enumerable.Range(0, chance.Next(4)).Select(_ => chance.Next(frame.Length + 1)));
            var (expected, expectedResult) = ReadGenerated(frame, 4_000);
            var outcome = PacketCodec.TryRead(ref input, 4_000, out var result);

            Assert.Equal((expected, expectedResult.Code, expectedResult.Fault), (outcome, result.Code, result.Fault));
            Assert.Equal(expectedResult.Packet, result.Packet, PacketEquality.Instance!);
        }
    }

    [Fact]
    public void Every_vector_is_answered_as_the_generated_code_answers_it()
    {
        foreach (var vector in VectorFile.Vectors("reading.json").Concat(VectorFile.Vectors("packets.json")))
        {
            var frame = VectorFile.Frame(vector);
            var input = new ReadOnlySequence<byte>(frame);
            var (expected, expectedResult) = ReadGenerated(frame, VectorFile.PacketBytesMax);
            Assert.Equal(expected, PacketCodec.TryRead(ref input, VectorFile.PacketBytesMax, out var result));
            Assert.Equal((expectedResult.Code, expectedResult.Fault), (result.Code, result.Fault));
            Assert.Equal(expectedResult.Packet, result.Packet, PacketEquality.Instance!);
        }
    }

    [Fact]
    public void A_line_costs_its_packet_and_its_body_to_read_and_nothing_to_write()
    {
        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        var id = MessageId.New(at, 1, 2);
        var body = Body.FromBytes(new byte[100], "image/png");
        Assert.Equal((192, 0), Cost(new MessageRequest(id, new UserId("bob"), body)));
        Assert.Equal((48, 0), Cost(new MessageAcknowledge(id, at)));
        Assert.Equal((224, 0), Cost(new MessageNotify(new Sequence(1), id, new UserId("bob"), at, body, false)));
        Assert.Equal((32, 0), Cost(new AckRequest(new Epoch(1), new Sequence(1))));
        Assert.Equal((32, 0), Cost(new AckAcknowledge(new Epoch(1), new Sequence(1))));
        Assert.Equal((80, 0), Cost(new AckNotify(new UserId("bob"), new[] { id }, MessageState.Delivered)));
        Assert.Equal((0, 0), Cost(Ping.Instance));
    }

    [Fact]
    public void A_line_costs_the_same_wherever_a_segment_ends()
    {
        var packet = new AckRequest(new Epoch(1), new Sequence(1));
        var frame = Bytes.Of(packet);
        Assert.All(Enumerable.Range(0, frame.Length + 1), cut => Assert.Equal((32, 0), Cost(packet, bytes => Bytes.InSegments(bytes, cut))));
    }

    private static byte[] Generated(Packet packet)
    {
        var output = new ArrayBufferWriter<byte>();
        GeneratedForm.Write(packet, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] WithoutLength(byte[] frame) => frame[(frame.AsSpan().IndexOfAnyInRange((byte)0, (byte)0x7F) + 1)..];

    /// <summary>Whether the short way read it; then the generated code must have read the same.</summary>
    private static bool ReadAlike(byte[] packet)
    {
        if (LineReader.Read(packet) is not { } line)
        {
            return false;
        }

        var (read, _, fault) = GeneratedForm.Read(new ReadOnlySequence<byte>(packet));
        Assert.True(PacketEquality.Instance.Equals(line, read), $"{Convert.ToHexString(packet)} is {line} on the short way, and {read}{fault} on the other.");
        return true;
    }

    /// <summary>The framing in the plainest way, and then the generated code.</summary>
    private static (PacketReadOutcome Outcome, PacketReadResult Result) ReadGenerated(byte[] frame, int packetBytesMax)
    {
        var end = frame.AsSpan().IndexOfAnyInRange((byte)0, (byte)0x7F);
        if (end is < 0 or >= 5)
        {
            return frame.Length < 5
                ? (PacketReadOutcome.Incomplete, default)
                : (PacketReadOutcome.Violation, new(null, ErrorCode.ProtocolViolation, "A length prefix is longer than 5 bytes."));
        }

        var length = frame[..(end + 1)].Select((value, i) => (long)(value & 0x7F) << (7 * i)).Sum();
        if (length > packetBytesMax)
        {
            return (PacketReadOutcome.Violation, new(null, ErrorCode.PacketTooLarge, $"A packet of {length} bytes is longer than the limit of {packetBytesMax}."));
        }

        if (length > frame.Length - end - 1)
        {
            return (PacketReadOutcome.Incomplete, default);
        }

        var result = GeneratedForm.Read(new ReadOnlySequence<byte>(frame, end + 1, (int)length));
        return (result.Packet is null ? PacketReadOutcome.Violation : PacketReadOutcome.Packet, result);
    }

    private static byte[] Damage(byte[] packet, Random chance)
    {
        var start = packet.Length == 2 ? 2 : packet[1] < 0x80 ? 2 : 3;
        var fields = packet[start..].ToList();
        for (var times = chance.Next(1, 4); times > 0 && fields.Count > 0; times--)
        {
            var at = chance.Next(fields.Count);
            switch (chance.Next(6))
            {
                case 0:
                    fields[at] = (byte)chance.Next(256);
                    break;
                case 1:
                    fields[at] ^= (byte)(1 << chance.Next(8));
                    break;
                case 2:
                    fields.Insert(at, (byte)chance.Next(256));
                    break;
                case 3:
                    fields.RemoveAt(at);
                    break;
                case 4:
                    // The same number with a byte more than it needs, if this was the last byte of a number.
                    fields[at] |= 0x80;
                    fields.Insert(at + 1, 0);
                    break;
                default:
                    fields.AddRange(fields[at..Math.Min(fields.Count, at + chance.Next(20))]);
                    break;
            }
        }

        var length = fields.Count < 0x80 ? new[] { (byte)fields.Count } : [(byte)(fields.Count | 0x80), (byte)(fields.Count >> 7)];
        return [packet[0], .. length, .. fields];
    }

    private static Packet Again(Packet packet)
    {
        var input = new ReadOnlySequence<byte>(Bytes.Of(packet));
        Assert.Equal(PacketReadOutcome.Packet, PacketCodec.TryRead(ref input, 64 << 10, out var result));
        return result.Packet!;
    }

    /// <summary>The least of many times: tests beside this one displace recent texts.</summary>
    private static (long Read, long Written) Cost(Packet packet, Func<ReadOnlyMemory<byte>, ReadOnlySequence<byte>>? arrive = null) =>
        Enumerable.Range(0, 50).Select(_ => CostOnce(packet, arrive ?? (static bytes => new ReadOnlySequence<byte>(bytes)))).Min();

    private static (long Read, long Written) CostOnce(Packet packet, Func<ReadOnlyMemory<byte>, ReadOnlySequence<byte>> arrive)
    {
        var output = new ArrayBufferWriter<byte>(1_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        PacketCodec.Write(packet, output);
        var written = GC.GetAllocatedBytesForCurrentThread() - before;

        var input = arrive(output.WrittenMemory);
        before = GC.GetAllocatedBytesForCurrentThread();
        _ = PacketCodec.TryRead(ref input, 1_000, out _);
        return (GC.GetAllocatedBytesForCurrentThread() - before, written);
    }
}

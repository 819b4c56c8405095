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
        AnyPacket.OfAnyKind.Sample(
            packet => Assert.Equal([packet], ReadAll(new ReadOnlySequence<byte>(Bytes.Of(packet))), PacketEquality.Instance),
            iter: 2_000);
    }

    [Fact]
    public void Packets_come_back_whole_wherever_the_segments_end()
    {
        (from packets in AnyPacket.OfAnyKind.Array[1, 8]
         let bytes = Bytes.Of(packets)
         from cuts in Gen.Int[0, bytes.Length].Array[0, 30]
         select (packets, bytes, cuts))
            .Sample(it => Assert.Equal(it.packets, ReadAll(Bytes.InSegments(it.bytes, it.cuts)), PacketEquality.Instance), iter: 2_000);
    }

    [Fact]
    public void A_packet_without_its_end_is_incomplete_and_stays_in_the_input()
    {
        (from packet in AnyPacket.OfAnyKind
         let bytes = Bytes.Of(packet)
         from length in Gen.Int[0, bytes.Length - 1]
         select bytes[..length])
            .Sample(bytes =>
            {
                var input = new ReadOnlySequence<byte>(bytes);
                Assert.Equal(PacketReadOutcome.Incomplete, PacketCodec.TryRead(ref input, PacketBytesMax, out var result));
                Assert.Equal(bytes.Length, input.Length);
                Assert.Equal(default, result);
            });
    }

    [Fact]
    public void Every_limit_below_the_length_refuses_and_every_other_reads()
    {
        Gen.Select(AnyPacket.OfAnyKind, Gen.Int[-40, 40]).Sample((packet, difference) =>
        {
            var bytes = Bytes.Of(packet);
            var length = bytes.Length - (bytes[0] < 0x80 ? 1 : 2);
            var limit = Math.Max(0, length + difference);
            var input = new ReadOnlySequence<byte>(bytes);

            var outcome = PacketCodec.TryRead(ref input, limit, out var result);

            Assert.Equal(limit < length ? PacketReadOutcome.Violation : PacketReadOutcome.Packet, outcome);
            Assert.Equal(limit < length ? ErrorCode.PacketTooLarge : ErrorCode.None, result.Code);
        });
    }

    [Fact]
    public void Garbage_gets_an_answer() => Gen.Byte.Array[0, 400].Sample(ReadWhatever, iter: 5_000);

    [Fact]
    public void Garbage_behind_an_honest_length_gets_an_answer() =>
        Gen.Byte.Array[0, 127].Sample(bytes => ReadWhatever([(byte)bytes.Length, .. bytes]), iter: 5_000);

    [Fact]
    public void A_packet_shaped_after_the_contract_by_an_enemy_gets_an_answer() => AnyWire.Frame.Sample(ReadWhatever, iter: 20_000);

    [Fact]
    public void A_packet_that_was_damaged_on_its_way_gets_an_answer()
    {
        (from packets in AnyPacket.OfAnyKind.Array[1, 3]
         let bytes = Bytes.Of(packets)
         from damages in Gen.Select(Gen.Enum<Damage>(), Gen.Int[0, bytes.Length - 1], Gen.Byte).Array[1, 4]
         select damages.Aggregate(bytes, (all, damage) => Harm(all, damage.Item1, damage.Item2, damage.Item3)))
            .Sample(ReadWhatever, iter: 10_000);
    }

    [Fact]
    public void A_fault_says_nothing_of_what_the_packet_held()
    {
        (from packet in AnyPacket.OfAnyKind
         from damage in Gen.Select(Gen.Enum<Damage>(), Gen.Int[0, 60], Gen.Byte)
         select (packet, damage))
            .Sample(
                it =>
                {
                    const string secret = "s3cr3t";
                    var bytes = Bytes.Of(AnyPacket.WithSecret(it.packet, secret));
                    var input = new ReadOnlySequence<byte>(Harm(bytes, it.damage.Item1, it.damage.Item2 % bytes.Length, it.damage.Item3));
                    _ = PacketCodec.TryRead(ref input, PacketBytesMax, out var result);
                    Assert.DoesNotContain(secret, result.Fault ?? "", StringComparison.Ordinal);
                },
                iter: 5_000);
    }

    /// <summary>
    /// Never an exception; never more taken than the limit allows; never waiting for more than the limit; and what comes
    /// out is a packet that can be written and read again.
    /// </summary>
    private static void ReadWhatever(byte[] bytes)
    {
        const int limit = 300;
        var input = new ReadOnlySequence<byte>(bytes);
        while (true)
        {
            var before = input.Length;
            switch (PacketCodec.TryRead(ref input, limit, out var result))
            {
                case PacketReadOutcome.Packet:
                    Assert.InRange(before - input.Length, 1, limit + ProtocolLimits.LengthPrefixBytesMax);
                    Assert.Equal([result.Packet!], ReadAll(new ReadOnlySequence<byte>(Bytes.Of(result.Packet!))), PacketEquality.Instance);
                    break;
                case PacketReadOutcome.Incomplete:
                    Assert.InRange(input.Length, 0, limit + ProtocolLimits.LengthPrefixBytesMax - 1);
                    Assert.Equal(before, input.Length);
                    return;
                default:
                    Assert.Contains(result.Code, new[] { ErrorCode.ProtocolViolation, ErrorCode.PacketTooLarge, ErrorCode.PacketUnknown });
                    Assert.NotEmpty(result.Fault!);
                    Assert.Null(result.Packet);
                    Assert.Equal(before, input.Length);
                    return;
            }
        }
    }

    private static List<Packet> ReadAll(ReadOnlySequence<byte> input)
    {
        var packets = new List<Packet>();
        while (PacketCodec.TryRead(ref input, PacketBytesMax, out var result) == PacketReadOutcome.Packet)
        {
            packets.Add(result.Packet!);
        }

        Assert.True(input.IsEmpty);
        return packets;
    }

    private static byte[] Harm(byte[] bytes, Damage damage, int at, byte value)
    {
        at = Math.Min(at, Math.Max(0, bytes.Length - 1));
        return damage switch
        {
            Damage.Change => [.. bytes[..at], value, .. bytes.Skip(at + 1)],
            Damage.FlipBit => [.. bytes.Select((old, i) => i == at ? (byte)(old ^ (1 << (value & 7))) : old)],
            Damage.Insert => [.. bytes[..at], value, .. bytes[at..]],
            Damage.Remove => [.. bytes[..at], .. bytes.Skip(at + 1)],
            Damage.CutOff => bytes[..at],
            Damage.Repeat => [.. bytes, .. bytes[at..]],
            _ => bytes,
        };
    }

    private enum Damage
    {
        Change,
        FlipBit,
        Insert,
        Remove,
        CutOff,
        Repeat,
    }
}

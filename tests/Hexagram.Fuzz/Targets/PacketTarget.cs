using System.Buffers;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Wire = Hexagram.Protocol.Wire;

namespace Hexagram.Fuzz.Targets;

/// <summary>
/// Packets as they come off a socket. Whatever the bytes: no exception, the same outcome in whatever pieces they come, nothing consumed but whole
/// packets; and what is accepted is written again with the same meaning by the parser's own account, and read again as the same.
/// </summary>
internal sealed class PacketTarget : SynchronousTarget
{
    public const string TargetName = "packet";

    private const int PacketBytesMax = 2 << 10;

    public override string Name => TargetName;

    public override IEnumerable<byte[]> Seeds() => SomePackets.OfEachKind.Select(packet => SomePackets.Bytes(packet)).Append(SomePackets.Bytes([.. SomePackets.OfEachKind]));

    protected override void Try(byte[] input, Observations seen)
    {
        var whole = Read(new ReadOnlySequence<byte>(input), out var packets, seen);
        var pieces = Read(InputPieces.Of(input), out var again, seen: null);
        BrokenPromiseException.Unless(whole == pieces, $"In one piece it is {whole}, in pieces {pieces}.");
        BrokenPromiseException.Unless(packets.Count == again.Count, "In pieces there is another number of packets.");
        for (var i = 0; i < packets.Count; i++)
        {
            var canonical = SomePackets.Bytes(packets[i].Packet);
            BrokenPromiseException.Unless(canonical.AsSpan().SequenceEqual(SomePackets.Bytes(again[i].Packet)), "In pieces a packet reads otherwise.");
            Check(packets[i].Packet, packets[i].Bytes, canonical);
        }
    }

    private static void Check(Packet packet, byte[] bytes, byte[] canonical)
    {
        var rest = new ReadOnlySequence<byte>(canonical);
        var outcome = PacketCodec.TryRead(ref rest, int.MaxValue, out var result);
        BrokenPromiseException.Unless(outcome == PacketReadOutcome.Packet && rest.IsEmpty, $"What was written of a {packet.GetType().Name} cannot be read: {result.Fault}");
        BrokenPromiseException.Unless(canonical.AsSpan().SequenceEqual(SomePackets.Bytes(result.Packet!)), $"A {packet.GetType().Name} is not written the same way twice.");

        // The generated code's own idea of what both say: the codec adds no meaning and loses none.
        var parser = Wire.Packet.Parser.WithDiscardUnknownFields(true);
        BrokenPromiseException.Unless(
            parser.ParseFrom(WithoutLength(bytes)).Equals(parser.ParseFrom(WithoutLength(canonical))),
            $"A {packet.GetType().Name} means something else once it is written again.");
    }

    private static string Read(ReadOnlySequence<byte> input, out List<(Packet Packet, byte[] Bytes)> packets, Observations? seen)
    {
        packets = [];
        while (true)
        {
            var before = input;
            var outcome = PacketCodec.TryRead(ref input, PacketBytesMax, out var result);
            seen?.Saw(((int)outcome << 16) + (int)result.Code + (result.Packet?.GetType().Name[0] ?? 0));
            if (outcome != PacketReadOutcome.Packet)
            {
                BrokenPromiseException.Unless(input.Length == before.Length, "Bytes were consumed without a packet.");
                BrokenPromiseException.Unless((outcome == PacketReadOutcome.Violation) == (result.Fault is { Length: > 0 }), "A violation has no words, or something else has.");
                return $"{outcome} {result.Code} {result.Fault} after {packets.Count}";
            }

            packets.Add((result.Packet!, before.Slice(0, before.Length - input.Length).ToArray()));
        }
    }

    private static byte[] WithoutLength(byte[] packet) => packet[(packet.AsSpan().IndexOfAnyInRange((byte)0, (byte)0x7F) + 1)..];
}

using System.Buffers;
using Hexagram.Protocol.Codec;

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>Puts packets into bytes, and bytes into sequences of many segments as a pipe would hand them out.</summary>
internal static class Bytes
{
    internal static byte[] Of(params IEnumerable<Packet> packets)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var packet in packets)
        {
            PacketCodec.Write(packet, output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The same bytes in segments that end at <paramref name="cuts"/>; empty segments happen and are legal.</summary>
    internal static ReadOnlySequence<byte> InSegments(ReadOnlyMemory<byte> bytes, params IEnumerable<int> cuts)
    {
        var first = new Segment(default, 0);
        var last = first;
        var start = 0;
        foreach (var cut in cuts.Order().Append(bytes.Length))
        {
            last = last.Append(bytes[start..cut]);
            start = cut;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

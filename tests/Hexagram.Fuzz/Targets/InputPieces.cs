using System.Buffers;

namespace Hexagram.Fuzz.Targets;

/// <summary>An input in the pieces in which a pipe might hand it out.</summary>
internal static class InputPieces
{
    /// <summary>Cut where the bytes themselves say.</summary>
    public static ReadOnlySequence<byte> Of(byte[] input)
    {
        if (input.Length == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        var first = new Piece(input.AsMemory(0, Math.Min(input.Length, 1 + (input[0] % 3))), 0);
        var last = first;
        for (var at = first.Memory.Length; at < input.Length; at += last.Memory.Length)
        {
            last = last.Append(input.AsMemory(at, Math.Min(input.Length - at, 1 + (input[at] % 7))));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at)
        {
            Memory = memory;
            RunningIndex = at;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

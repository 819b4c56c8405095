using Hexagram.Cli.Sending;
using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;

namespace Hexagram.Fuzz.Targets;

/// <summary>Standard input, in whatever pieces it comes: the same lines as when it is cut at each line feed, each valid or called not UTF-8.</summary>
internal sealed class InputLineTarget : IFuzzTarget
{
    public const string TargetName = "input-lines";

    public string Name => TargetName;

    public int InputBytesMax => 4 << 10;

    public bool IsSynchronous => false;

    public IEnumerable<byte[]> Seeds()
    {
        yield return "one\ntwo\r\n\n\r\nlast"u8.ToArray();
        yield return [0xFF, 0x0A, 0xE4, 0xBD, 0xA0, 0x0A, 0xE4, 0xBD];
        yield return "\r\r\n\n"u8.ToArray();
    }

    public async Task TryAsync(byte[] input, Observations seen)
    {
        var expected = Lines(input).ToList();
        var at = 0;
        await foreach (var line in InputLines.ReadAsync(new StreamInPieces(input), CancellationToken.None))
        {
            BrokenPromiseException.Unless(at < expected.Count, "There are more lines than line feeds.");
            var valid = Body.TryCreate(expected[at], "", out var body);
            BrokenPromiseException.Unless(valid == (line.Fault is null), $"Line {at} is {(valid ? "called wrong" : "taken")}.");
            BrokenPromiseException.Unless(!valid || line.Body.Content.Span.SequenceEqual(body.Content.Span), $"Line {at} reads otherwise.");
            seen.Saw((Math.Min(at, 8) << 4) + (valid ? 1 : 0) + (expected[at].Length == 0 ? 2 : 0));
            at++;
        }

        BrokenPromiseException.Unless(at == expected.Count, "There are fewer lines than line feeds.");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IEnumerable<byte[]> Lines(byte[] input)
    {
        var from = 0;
        for (var at = 0; at < input.Length; at++)
        {
            if (input[at] == (byte)'\n')
            {
                yield return Line(input[from..at]);
                from = at + 1;
            }
        }

        if (from < input.Length)
        {
            yield return Line(input[from..]);
        }
    }

    private static byte[] Line(byte[] line) => line is [.., (byte)'\r'] ? line[..^1] : line;

    /// <summary>A terminal or a pipe gives what there is, often less than what was asked for.</summary>
    private sealed class StreamInPieces(byte[] input) : MemoryStream(input, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var piece = Position < Length ? 1 + (GetBufferByte() % 13) : 0;
            return new(Read(buffer.Span[..Math.Min(buffer.Length, piece)]));
        }

        private int GetBufferByte()
        {
            var value = ReadByte();
            Position--;
            return value;
        }
    }
}

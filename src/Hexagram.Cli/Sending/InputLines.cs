using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hexagram.Protocol;

namespace Hexagram.Cli.Sending;

/// <summary>
/// Messages from standard input, one per line, read no faster than they are taken. The end of a line is LF or CR LF and no part of the
/// message; an empty line is an empty message.
/// </summary>
internal static class InputLines
{
    /// <summary>The longest line, in bytes: no server takes more.</summary>
    public const int BytesMax = ProtocolLimits.BodyBytesMaxCeiling;

    /// <summary>Reads to the end, one line in memory at a time.</summary>
    /// <param name="input">Standard input; closed at the end.</param>
    /// <param name="cancellationToken">Ends the reading between two reads; a read that waits for a person goes on until the process ends.</param>
    public static async IAsyncEnumerable<InputLine> ReadAsync(Stream input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(input);
        var skipping = false;
        while (true)
        {
            // A console's read blocks and does not hear of the token, so it is done elsewhere and left alone at the end.
            var result = await Task.Run(() => reader.ReadAsync(CancellationToken.None).AsTask(), CancellationToken.None).WaitAsync(cancellationToken);
            var buffer = result.Buffer;
            while (TryReadLine(ref buffer, out var line))
            {
                if (!skipping)
                {
                    yield return Line(line);
                }

                skipping = false;
            }

            if (buffer.Length > BytesMax)
            {
                if (!skipping)
                {
                    yield return new InputLine(default, $"the line is longer than {BytesMax} bytes");
                }

                skipping = true;
                buffer = buffer.Slice(buffer.End);
            }

            if (result.IsCompleted)
            {
                if (!buffer.IsEmpty && !skipping)
                {
                    yield return Line(buffer);
                }

                break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }

        await reader.CompleteAsync();
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }

        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    private static InputLine Line(ReadOnlySequence<byte> line)
    {
        var bytes = line.ToArray().AsMemory();
        if (bytes.Length > 0 && bytes.Span[^1] == '\r')
        {
            bytes = bytes[..^1];
        }

        return bytes.Length > BytesMax ? new InputLine(default, $"the line is longer than {BytesMax} bytes")
            : Body.TryCreate(bytes, "", out var body) ? new InputLine(body, null)
            : new InputLine(default, "the line is not UTF-8");
    }
}

/// <summary>One line of standard input.</summary>
/// <param name="Body">The message.</param>
/// <param name="Fault">Why the line cannot be a message; null when it can.</param>
internal readonly record struct InputLine(Body Body, string? Fault);

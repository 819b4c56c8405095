using System.Buffers.Text;

namespace Hexagram.Bench.Load;

/// <summary>The body of a message of a run: a text that begins with the numbers of its stream and of the message in it, so that an error in delivery is found.</summary>
internal static class NumberedBody
{
    /// <summary>What the two numbers take.</summary>
    public const int BytesMin = 16;

    private const int Digits = 8;

    /// <summary>Writes it into all of <paramref name="destination"/>.</summary>
    public static void Write(Span<byte> destination, int stream, int number)
    {
        stream.TryFormat(destination, out _, "x8");
        number.TryFormat(destination[Digits..], out _, "x8");
        destination[BytesMin..].Fill((byte)'.');
    }

    /// <summary>Reads the two numbers; false when the body is not one of a run.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out int stream, out int number)
    {
        number = 0;
        return Utf8Parser.TryParse(Head(body, 0), out stream, out var read, 'x') && read == Digits
            && Utf8Parser.TryParse(Head(body, Digits), out number, out read, 'x') && read == Digits;
    }

    private static ReadOnlySpan<byte> Head(ReadOnlySpan<byte> body, int from) => body.Length >= BytesMin ? body.Slice(from, Digits) : default;
}

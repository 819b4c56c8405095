using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hexagram.Protocol.Codec.Json;

/// <summary>The words that stand for enumerated values in JSON.</summary>
internal static class JsonWords
{
    private static readonly string[] Kinds =
        ["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N", "hello", "welcome", "status:R", "status:A", "ping", "pong", "error", "goodbye"];

    /// <summary>The kind that a text names; false when there is no such kind.</summary>
    internal static bool TryReadKind(ReadOnlySpan<byte> word, [NotNullWhen(true)] out string? kind)
    {
        kind = null;
        foreach (var one in Kinds)
        {
            if (Ascii.Equals(word, one))
            {
                kind = one;
            }
        }

        return kind is not null;
    }

    internal static ReadOnlySpan<byte> Of(Wire.MessageState state) => state switch
    {
        Wire.MessageState.Waiting => "waiting"u8,
        Wire.MessageState.Accepted => "accepted"u8,
        Wire.MessageState.Stored => "stored"u8,
        _ => "delivered"u8,
    };

    internal static ReadOnlySpan<byte> Of(Wire.StreamStart start) => start == Wire.StreamStart.Latest ? "latest"u8 : "oldest"u8;

    internal static bool TryRead(ReadOnlySpan<byte> word, out Wire.MessageState state)
    {
        for (state = Wire.MessageState.Waiting; state <= Wire.MessageState.Delivered; state++)
        {
            if (word.SequenceEqual(Of(state)))
            {
                return true;
            }
        }

        return false;
    }

    internal static bool TryRead(ReadOnlySpan<byte> word, out Wire.StreamStart start)
    {
        start = word.SequenceEqual("latest"u8) ? Wire.StreamStart.Latest : Wire.StreamStart.Oldest;
        return word.SequenceEqual(Of(start));
    }
}

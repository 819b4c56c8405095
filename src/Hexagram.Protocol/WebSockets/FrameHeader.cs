using System.Buffers;
using System.Buffers.Binary;

namespace Hexagram.Protocol.WebSockets;

/// <summary>What a frame is (RFC 6455 §5.2).</summary>
public enum FrameKind
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// <summary>
/// What stands before the payload of a WebSocket frame (RFC 6455 §5.2), with no extension in use:
/// <code>
///   +---+-----+------+  +------+-------------+  +----------------+  +--------------+
///   |FIN| 000 | kind |  | MASK | length 0–125|  | 126: 2 bytes   |  | mask key:    |
///   | 1 |  3  |  4   |  |  1   | 126, 127: → |  | 127: 8 bytes   |  | 4 if MASK    |
///   +---+-----+------+  +------+-------------+  +----------------+  +--------------+
/// </code>
/// </summary>
/// <param name="Kind">What the frame is.</param>
/// <param name="IsFinal">The last frame of its message.</param>
/// <param name="IsMasked">The payload is masked with <paramref name="Mask"/>: always from a client, never from a server.</param>
/// <param name="Mask">The key, as its four bytes stand in memory; 0 when there is none.</param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="HeaderBytes">Bytes of what stands before it.</param>
public readonly record struct FrameHeader(FrameKind Kind, bool IsFinal, bool IsMasked, uint Mask, long Length, int HeaderBytes)
{
    /// <summary>The longest header that there is.</summary>
    public const int BytesMax = 14;

    /// <summary>The longest payload of Close, Ping and Pong.</summary>
    public const int ControlBytesMax = 125;

    private const int LengthOf16Bits = 126;
    private const int LengthOf64Bits = 127;

    /// <summary>Close, Ping or Pong: may stand between the fragments of a message.</summary>
    public bool IsControl => Kind >= FrameKind.Close;

    /// <summary>Header and payload.</summary>
    public long FrameBytes => HeaderBytes + Length;

    /// <summary>Reads the header at the start of <paramref name="bytes"/>. Never throws, whatever the bytes.</summary>
    /// <param name="bytes">What has arrived.</param>
    /// <param name="header">The header, on <see cref="FrameReadOutcome.Header"/>.</param>
    /// <param name="fault">The words for what is wrong, on <see cref="FrameReadOutcome.Violation"/>.</param>
    public static FrameReadOutcome TryRead(in ReadOnlySequence<byte> bytes, out FrameHeader header, out string? fault)
    {
        var first = bytes.FirstSpan;
        if (first.Length >= BytesMax || bytes.IsSingleSegment)
        {
            return TryRead(first, out header, out fault);
        }

        Span<byte> gathered = stackalloc byte[BytesMax];
        var start = bytes.Slice(0, Math.Min(bytes.Length, BytesMax));
        start.CopyTo(gathered);
        return TryRead(gathered[..(int)start.Length], out header, out fault);
    }

    /// <summary>Writes a final, unmasked frame's header, as a server sends it.</summary>
    /// <returns>How many bytes of <paramref name="output"/> it takes.</returns>
    public static int Write(Span<byte> output, FrameKind kind, long length)
    {
        output[0] = (byte)(0x80 | (int)kind);
        if (length <= ControlBytesMax)
        {
            output[1] = (byte)length;
            return 2;
        }

        if (length <= ushort.MaxValue)
        {
            output[1] = LengthOf16Bits;
            BinaryPrimitives.WriteUInt16BigEndian(output[2..], (ushort)length);
            return 4;
        }

        output[1] = LengthOf64Bits;
        BinaryPrimitives.WriteInt64BigEndian(output[2..], length);
        return 10;
    }

    /// <summary>Writes a final, masked frame's header, as a client sends it. The payload that follows must be put through <see cref="FrameMask.Apply"/>.</summary>
    /// <returns>How many bytes of <paramref name="output"/> it takes.</returns>
    public static int WriteMasked(Span<byte> output, FrameKind kind, long length, uint mask)
    {
        var bytes = Write(output, kind, length);
        output[1] |= 0x80;
        BitConverter.TryWriteBytes(output[bytes..], mask);
        return bytes + sizeof(uint);
    }

    /// <summary>How many bytes <see cref="Write"/> takes for a payload of <paramref name="length"/>.</summary>
    public static int BytesFor(long length) => length <= ControlBytesMax ? 2 : length <= ushort.MaxValue ? 4 : 10;

    /// <inheritdoc cref="TryRead(in ReadOnlySequence{byte}, out FrameHeader, out string?)"/>
    public static FrameReadOutcome TryRead(ReadOnlySpan<byte> bytes, out FrameHeader header, out string? fault)
    {
        header = default;
        fault = null;
        if (bytes.Length < 2)
        {
            return FrameReadOutcome.Incomplete;
        }

        var kind = (FrameKind)(bytes[0] & 0x0F);
        var isFinal = (bytes[0] & 0x80) != 0;
        var isMasked = (bytes[1] & 0x80) != 0;
        var shortLength = bytes[1] & 0x7F;
        fault = (bytes[0] & 0x70) != 0 ? "A WebSocket frame has reserved bits set, and no extension is in use."
            : kind is not (<= FrameKind.Binary or (>= FrameKind.Close and <= FrameKind.Pong)) ? $"A WebSocket frame has the reserved opcode {(int)kind}."
            : kind >= FrameKind.Close && (!isFinal || shortLength > ControlBytesMax) ? "A WebSocket control frame is fragmented or longer than 125 bytes."
            : null;
        if (fault is not null)
        {
            return FrameReadOutcome.Violation;
        }

        var lengthBytes = shortLength switch { LengthOf16Bits => sizeof(ushort), LengthOf64Bits => sizeof(long), _ => 0 };
        var headerBytes = 2 + lengthBytes + (isMasked ? sizeof(uint) : 0);
        if (bytes.Length < headerBytes)
        {
            return FrameReadOutcome.Incomplete;
        }

        var length = lengthBytes switch
        {
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            sizeof(long) => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => shortLength,
        };
        if (length < 0 || (lengthBytes > 0 && BytesFor(length) != 2 + lengthBytes))
        {
            fault = "The length of a WebSocket frame is not written in the fewest bytes.";
            return FrameReadOutcome.Violation;
        }

        var mask = isMasked ? BitConverter.ToUInt32(bytes[(headerBytes - sizeof(uint))..]) : 0;
        header = new FrameHeader(kind, isFinal, isMasked, mask, length, headerBytes);
        return FrameReadOutcome.Header;
    }
}

/// <summary>What stands at the start of some bytes.</summary>
public enum FrameReadOutcome
{
    Incomplete,
    Header,
    Violation,
}

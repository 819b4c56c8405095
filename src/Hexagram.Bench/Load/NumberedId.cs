using System.Buffers.Binary;
using Hexagram.Protocol;

namespace Hexagram.Bench.Load;

/// <summary>Message ids whose random part holds the numbers of the stream and of the message: so an answer finds its message without a table.</summary>
/// <param name="tag">Of this run; 12 bits of it make ids of several runs different.</param>
internal sealed class NumberedId(ulong tag)
{
    private const ulong RandomMask = 0x3FFF_FFFF_FFFF_FFFF;

    /// <summary>The id of a message.</summary>
    public MessageId Make(DateTimeOffset now, int stream, int number) => MessageId.New(now, tag, (((ulong)(uint)stream << 32) | (uint)number) << 2);

    /// <summary>What <see cref="Make"/> has put into it.</summary>
    public static (int Stream, int Number) Read(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Bytes];
        id.WriteTo(bytes);
        var numbers = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & RandomMask;
        return ((int)(numbers >> 32), (int)(uint)numbers);
    }
}

using System.Buffers.Binary;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>How many mailboxes a sender has brought into being on a UTC day: <c>version(1) day(4, since the Unix epoch) count(4)</c>.</summary>
internal readonly record struct SenderRecord(int Day, int Count)
{
    internal const byte Version = 1;
    internal const int Bytes = 9;

    internal static SenderRecord Read(ReadOnlySpan<byte> value) =>
        value.Length == Bytes && value[0] == Version
            ? new SenderRecord(BinaryPrimitives.ReadInt32BigEndian(value[1..]), BinaryPrimitives.ReadInt32BigEndian(value[5..]))
            : throw new InvalidDataException("The record of a sender cannot be understood: it was damaged, or written by another version.");

    internal void Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], Day);
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], Count);
    }
}

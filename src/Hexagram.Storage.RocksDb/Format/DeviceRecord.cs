using System.Buffers.Binary;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>
/// Where a device stands: <c>version(1) start(8) cursor(8) seenAt(8, ms)</c>. It has confirmed start &lt; n ≤ cursor.
/// </summary>
internal readonly record struct DeviceRecord(long Start, long Cursor, long SeenAt)
{
    internal const byte Version = 1;
    internal const int Bytes = 25;

    internal static DeviceRecord Read(ReadOnlySpan<byte> value) =>
        value.Length == Bytes && value[0] == Version
            ? new DeviceRecord(
                BinaryPrimitives.ReadInt64BigEndian(value[1..]),
                BinaryPrimitives.ReadInt64BigEndian(value[9..]),
                BinaryPrimitives.ReadInt64BigEndian(value[17..]))
            : throw new InvalidDataException("The record of a device cannot be understood: it was damaged, or written by another version.");

    internal void Write(Span<byte> destination)
    {
        destination[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], Start);
        BinaryPrimitives.WriteInt64BigEndian(destination[9..], Cursor);
        BinaryPrimitives.WriteInt64BigEndian(destination[17..], SeenAt);
    }
}

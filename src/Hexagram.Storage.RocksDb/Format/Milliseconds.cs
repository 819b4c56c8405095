using System.Buffers.Binary;

namespace Hexagram.Storage.RocksDb.Format;

/// <summary>An instant in a record: eight bytes, milliseconds since the Unix epoch, up to the end of the year 9999.</summary>
internal static class Milliseconds
{
    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>False for what is no instant, so that damage is told as what it is and not as a fault of whoever asks for the time.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> value, out long milliseconds)
    {
        milliseconds = BinaryPrimitives.ReadInt64BigEndian(value);
        return milliseconds >= 0 && milliseconds <= Max;
    }
}

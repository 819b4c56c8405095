namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// Whether the disk's free space has fallen below the reserve. Measured at most once a second, or sooner when so much was written that a
/// second is too long. It belongs to the commit thread.
/// </summary>
internal sealed class DiskReserve(long reserveBytes, Func<long> freeBytes, TimeProvider time)
{
    // What may be written between two measurements, as a part of the reserve. Small, because each byte is written more than once: to the
    // log, to a sorted file, and again whenever sorted files are merged.
    private const int WrittenPart = 32;

    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private long? _measuredAt;
    private long _writtenBytes;
    private bool _reached;

    /// <summary>Whether nothing more may be taken in.</summary>
    internal bool IsReached()
    {
        if (reserveBytes > 0
            && (_measuredAt is not { } at || _writtenBytes > reserveBytes / WrittenPart || time.GetElapsedTime(at) >= MeasureEvery))
        {
            _measuredAt = time.GetTimestamp();
            _writtenBytes = 0;
            _reached = freeBytes() < reserveBytes;
        }

        return _reached;
    }

    /// <summary>Counts what is about to be written.</summary>
    internal void Add(int bytes) => _writtenBytes += bytes;
}

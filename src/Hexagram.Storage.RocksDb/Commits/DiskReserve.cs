namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// Whether the disk's free space has fallen below the reserve, measured at most once a second. It belongs to the commit thread.
/// </summary>
internal sealed class DiskReserve(long reserveBytes, Func<long> freeBytes, TimeProvider time)
{
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private long? _measuredAt;
    private bool _reached;

    internal bool IsReached()
    {
        if (reserveBytes > 0 && (_measuredAt is not { } at || time.GetElapsedTime(at) >= MeasureEvery))
        {
            _measuredAt = time.GetTimestamp();
            _reached = freeBytes() < reserveBytes;
        }

        return _reached;
    }
}

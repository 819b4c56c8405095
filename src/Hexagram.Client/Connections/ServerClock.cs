using Hexagram.Protocol;

namespace Hexagram.Client.Connections;

/// <summary>
/// The server's clock, as far as this device knows it: ids are made on it, so that a device whose own clock is wrong is not
/// refused. After a Welcome it runs on the monotonic clock, which nobody sets. Thread-safe.
/// </summary>
internal sealed class ServerClock(TimeProvider time, TimeSpan savedOffset)
{
    private static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(1);

    private volatile Anchor? _anchor;

    /// <summary>Now, by the server.</summary>
    internal DateTimeOffset Now => _anchor is { } anchor ? anchor.ServerTime + time.GetElapsedTime(anchor.Timestamp) : Saved();

    /// <summary>How long the server remembers an id at the least.</summary>
    internal TimeSpan Horizon => _anchor?.Horizon ?? ProtocolLimits.HorizonDefault;

    /// <summary>A Welcome has come.</summary>
    /// <returns>The server's clock minus this device's, to be saved.</returns>
    internal TimeSpan Set(Welcome welcome)
    {
        _anchor = new Anchor(welcome.ServerTime, time.GetTimestamp(), welcome.Limits.Horizon);
        return welcome.ServerTime - time.GetUtcNow();
    }

    /// <summary>
    /// Whether the server would take an id that was made then. An id too far in its future is refused, and one older than half the
    /// horizon might be before its message is through.
    /// </summary>
    internal bool Accepts(MessageId id)
    {
        var now = Now;
        return id.MadeAt <= now + AheadMax && id.MadeAt >= now - (Horizon / 2);
    }

    private DateTimeOffset Saved()
    {
        var now = time.GetUtcNow();
        var earliest = DateTimeOffset.UnixEpoch;
        var latest = DateTimeOffset.MaxValue;
        // A clock that was years off when the offset was saved may have been set right since.
        return savedOffset > latest - now ? latest : savedOffset < earliest - now ? earliest : now + savedOffset;
    }

    private sealed record Anchor(DateTimeOffset ServerTime, long Timestamp, TimeSpan Horizon);
}

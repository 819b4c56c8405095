using Hexagram.Protocol;

namespace Hexagram.Client.Connections;

/// <summary>
/// The server's clock, as far as this device knows it: ids are made on it, so that a device whose own clock is wrong is not
/// refused. After a Welcome it runs on the monotonic clock, which nobody sets. Thread-safe.
/// </summary>
internal sealed class ServerClock(TimeProvider time, TimeSpan savedOffset)
{
    private static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(1);

    /// <summary>A server whose clock stands at the end of time must not make ours run over it.</summary>
    private static readonly DateTimeOffset Latest = new(9990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private volatile Anchor? _anchor;

    /// <summary>Now, by the server.</summary>
    internal DateTimeOffset Now => _anchor is { } anchor ? anchor.ServerTime + time.GetElapsedTime(anchor.Timestamp) : Saved();

    /// <summary>How long the server remembers an id at the least.</summary>
    internal TimeSpan Horizon => _anchor?.Horizon ?? ProtocolLimits.HorizonDefault;

    /// <summary>A Welcome has come.</summary>
    /// <returns>The server's clock minus this device's, to be saved.</returns>
    internal TimeSpan Set(Welcome welcome)
    {
        var serverTime = welcome.ServerTime < Latest ? welcome.ServerTime : Latest;
        _anchor = new Anchor(serverTime, time.GetTimestamp(), welcome.Limits.Horizon);
        return serverTime - time.GetUtcNow();
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
        // A clock that was years off when the offset was saved may have been set right since.
        return savedOffset > Latest - now ? Latest : savedOffset < DateTimeOffset.UnixEpoch - now ? DateTimeOffset.UnixEpoch : now + savedOffset;
    }

    private sealed record Anchor(DateTimeOffset ServerTime, long Timestamp, TimeSpan Horizon);
}

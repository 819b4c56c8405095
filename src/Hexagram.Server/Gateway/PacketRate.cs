namespace Hexagram.Server.Gateway;

/// <summary>A token bucket: so many packets at once, so many per second in the long run. Not thread-safe.</summary>
internal sealed class PacketRate(int perSecond, int burst, TimeProvider time)
{
    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Takes <paramref name="cost"/> packets; the answer is how long to wait before the next, usually not at all.</summary>
    public TimeSpan Take(int cost)
    {
        _tokens -= cost;
        if (_tokens >= 0)
        {
            return TimeSpan.Zero;
        }

        // Only an empty bucket asks for the time.
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst - cost, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
        _filledAt = now;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / perSecond);
    }
}

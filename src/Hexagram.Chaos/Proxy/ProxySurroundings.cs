namespace Hexagram.Chaos.Proxy;

/// <summary>What the connections of one proxy share. Thread-safe.</summary>
internal sealed class ProxySurroundings(FaultProxyOptions options, CancellationToken disposing)
{
    private readonly Lock _gate = new();
    private readonly long _began = options.TimeProvider.GetTimestamp();
    private readonly Random _random = new(options.Seed);

    public ProxyTally Tally { get; } = new();

    public LossOrders Losses { get; } = new();

    public TimeProvider Time { get; } = options.TimeProvider;

    /// <summary>Cancelled when the proxy goes.</summary>
    public CancellationToken Disposing { get; } = disposing;

    /// <summary>The time since the proxy began.</summary>
    public TimeSpan Now => Time.GetElapsedTime(_began);

    /// <summary>A number from 1 to <paramref name="max"/>.</summary>
    public int Number(int max)
    {
        lock (_gate)
        {
            return _random.Next(max) + 1;
        }
    }

    /// <summary>A time from nothing to <paramref name="max"/>.</summary>
    public TimeSpan Part(TimeSpan max)
    {
        if (max == TimeSpan.Zero)
        {
            return max;
        }

        lock (_gate)
        {
            return max * _random.NextDouble();
        }
    }
}

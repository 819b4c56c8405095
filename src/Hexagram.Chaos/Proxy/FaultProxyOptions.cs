namespace Hexagram.Chaos.Proxy;

/// <summary>What a <see cref="FaultProxy"/> can be told when it starts.</summary>
public sealed record FaultProxyOptions
{
    /// <summary>How long the server may take to accept a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The seed of jitter and of the lengths of pieces.</summary>
    public int Seed { get; init; }

    /// <summary>The clock of delays.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

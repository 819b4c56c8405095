namespace Hexagram.Server.Options;

/// <summary>Who may read what the server counts.</summary>
public sealed record MetricsOptions
{
    /// <summary>Whether <c>/metrics</c> is served over HTTP, in the text format of Prometheus: <c>Loopback</c> when HTTP listens for this machine alone, <c>Always</c>, or <c>Never</c>.</summary>
    public MetricsExposure Expose { get; init; } = MetricsExposure.Loopback;
}

/// <summary>Where <c>/metrics</c> is served.</summary>
public enum MetricsExposure
{
    /// <summary>On a listener that no other machine can reach.</summary>
    Loopback,

    /// <summary>On every listener, to whoever asks.</summary>
    Always,

    /// <summary>On none.</summary>
    Never,
}

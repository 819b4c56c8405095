namespace Hexagram.Chaos.Proxy;

/// <summary>How the bytes of one connection travel; immutable. The default lets them pass as they come.</summary>
public sealed record LinkShape
{
    /// <summary>The most that <see cref="GatherBytes"/> may be.</summary>
    public const int GatherBytesMax = 1 << 20;

    /// <summary>Bytes pass as they come.</summary>
    public static readonly LinkShape Clear = new();

    /// <summary>How much later each chunk comes at the least.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What chance adds to <see cref="Latency"/>, from nothing to this. The order is kept.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>How many bytes pass per second; 0: as many as can.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>Each write carries 1 to so many bytes, by chance; 0: as many as there are.</summary>
    public int PieceBytesMax { get; init; }

    /// <summary>So many bytes gather before they are written; 0: none. At most <see cref="GatherBytesMax"/>.</summary>
    public int GatherBytes { get; init; }

    /// <summary>The longest that bytes gather before they are written anyway.</summary>
    public TimeSpan GatherFor { get; init; }
}

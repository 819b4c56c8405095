namespace Hexagram.Bench.Load;

/// <summary>How messages leave.</summary>
/// <param name="Window">Closed loop: each stream keeps so many under way. Not used with a rate.</param>
/// <param name="PerSecond">Open loop: so many per second over all streams, whatever became of the ones before; null for a closed loop.</param>
public sealed record Pace(int Window, int? PerSecond);

/// <summary>Clients that load a server. Its operations are called one after the other.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Messages confirmed so far, all six lines. Thread-safe.</summary>
    long Confirmed { get; }

    /// <summary>Connects all.</summary>
    /// <exception cref="InvalidOperationException">A connection ended, in any of these operations.</exception>
    Task OpenAsync();

    /// <summary>From now on messages leave.</summary>
    void Start(Pace pace);

    /// <summary>Goes on for so long.</summary>
    Task ContinueAsync(TimeSpan length);

    /// <summary>Sends nothing more, waits until what is under way is confirmed, and verifies that everything has arrived once and in order.</summary>
    Task FinishAsync();
}

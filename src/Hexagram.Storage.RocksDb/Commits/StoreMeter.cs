using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// What the store measures of its commits, as <c>System.Diagnostics.Metrics</c> under the name <see cref="Name"/>. Once for each commit, however many messages are in
/// it; where nobody listens, that is a comparison. Called from the commit thread alone.
/// </summary>
/// <remarks>docs/metrics.md lists them.</remarks>
internal sealed class StoreMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Hexagram.Storage.RocksDb";

    private readonly Meter? _own;
    private readonly Histogram<long> _requests;
    private readonly Histogram<double> _syncs;

    /// <param name="meters">Whose the meter is; null for nobody's in particular.</param>
    public StoreMeter(IMeterFactory? meters)
    {
        _own = meters is null ? new Meter(Name) : null;
        var meter = _own ?? meters!.Create(Name);
        _requests = meter.CreateHistogram(
            "hexagram.store.commit.size",
            "{request}",
            "Requests that were decided and written together.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] });
        _syncs = meter.CreateHistogram(
            "hexagram.store.sync.duration",
            "s",
            "How long a commit took to be on the disk.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] });
    }

    /// <summary>So many requests have been written together.</summary>
    public void Committed(int requests)
    {
        if (_requests.Enabled && requests > 0)
        {
            _requests.Record(requests);
        }
    }

    /// <summary>A commit that is to be on the disk begins to be written.</summary>
    /// <returns>What <see cref="Synced"/> is told; 0 when nobody wants to know.</returns>
    public long BeginSync() => _syncs.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <summary>It is on the disk.</summary>
    public void Synced(long begun)
    {
        if (begun != 0)
        {
            _syncs.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();
}

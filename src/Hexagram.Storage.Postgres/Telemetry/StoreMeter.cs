using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Hexagram.Storage.Postgres.Telemetry;

/// <summary>
/// What the store measures, as <c>System.Diagnostics.Metrics</c> under the name <see cref="Name"/>; where the embedded store measures the same, by the same names.
/// Once for each batch, however much is in it. Safe from any thread.
/// </summary>
/// <remarks>docs/metrics.md lists them.</remarks>
internal sealed class StoreMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Hexagram.Storage.Postgres";

    /// <summary>What a failure is called whose cause has no SQLSTATE: the connection went, or never came.</summary>
    private const string Connection = "connection";

    private static readonly InstrumentAdvice<long> Sizes = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] };
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] };

    private readonly Meter? _own;
    private readonly Histogram<long> _commitSizes;
    private readonly Histogram<double> _syncs;
    private readonly Histogram<double> _unsynced;
    private readonly Histogram<long> _readSizes;
    private readonly Histogram<double> _reads;
    private readonly ConcurrentDictionary<string, StrongBox<long>> _retries = new();
    private readonly ConcurrentDictionary<string, StrongBox<long>> _failures = new();
    private long _outages;
    private int _away;

    /// <param name="meters">Whose the meter is; null for nobody's in particular.</param>
    public StoreMeter(IMeterFactory? meters)
    {
        _own = meters is null ? new Meter(Name) : null;
        var meter = _own ?? meters!.Create(Name);
        _commitSizes = meter.CreateHistogram("hexagram.store.commit.size", "{request}", "Requests that were decided and written together.", advice: Sizes);
        _syncs = meter.CreateHistogram("hexagram.store.sync.duration", "s", "How long a commit took to be on the disk.", advice: Seconds);
        _unsynced = meter.CreateHistogram("hexagram.store.unsynced.duration", "s", "How long a commit took that does not wait for the disk: confirmations and forgetting alone.", advice: Seconds);
        _readSizes = meter.CreateHistogram("hexagram.store.read.size", "{question}", "Questions that were answered together.", advice: Sizes);
        _reads = meter.CreateHistogram("hexagram.store.read.duration", "s", "How long it took to answer them.", advice: Seconds);
        meter.CreateObservableCounter("hexagram.store.retries", () => Measure(_retries), "{batch}", "Batches that were done once more, by the reason.");
        meter.CreateObservableCounter("hexagram.store.failures", () => Measure(_failures), "{batch}", "Batches that failed: of what was to be written nothing is known, by the reason.");
        meter.CreateObservableCounter("hexagram.store.outages", () => Volatile.Read(ref _outages), "{outage}", "Times that the database was found to take no writes.");
        meter.CreateObservableUpDownCounter("hexagram.store.unavailable", () => (long)Volatile.Read(ref _away), "{database}", "1 while the database takes no writes, as far as is known.");
    }

    /// <summary>A batch begins.</summary>
    /// <returns>What its end is told.</returns>
    public static long Begin() => Stopwatch.GetTimestamp();

    /// <summary>So many requests have been written together.</summary>
    /// <param name="requests">How many.</param>
    /// <param name="isSynced">Whether they had to be on the disk.</param>
    /// <param name="begun">What <see cref="Begin"/> returned.</param>
    public void Written(int requests, bool isSynced, long begun)
    {
        _commitSizes.Record(requests);
        (isSynced ? _syncs : _unsynced).Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    /// <summary>So many questions have been answered together.</summary>
    public void Read(int questions, long begun)
    {
        _readSizes.Record(questions);
        _reads.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    /// <summary>A batch is done once more.</summary>
    public void Retried(Exception reason) => Count(_retries, reason);

    /// <summary>A batch has failed.</summary>
    public void Failed(Exception reason) => Count(_failures, reason);

    /// <summary>The database takes no writes.</summary>
    public void WentAway()
    {
        Interlocked.Increment(ref _outages);
        Volatile.Write(ref _away, 1);
    }

    /// <summary>It does again.</summary>
    public void CameBack() => Volatile.Write(ref _away, 0);

    /// <inheritdoc/>
    public void Dispose() => _own?.Dispose();

    private static void Count(ConcurrentDictionary<string, StrongBox<long>> counts, Exception reason)
    {
        var name = reason switch
        {
            PostgresException { SqlState: var state } => state,
            NpgsqlException => Connection,
            _ => reason.GetType().Name,
        };
        Interlocked.Increment(ref counts.GetOrAdd(name, static _ => new StrongBox<long>()).Value);
    }

    private static IEnumerable<Measurement<long>> Measure(ConcurrentDictionary<string, StrongBox<long>> counts) =>
        counts.Select(count => new Measurement<long>(Volatile.Read(ref count.Value.Value), new KeyValuePair<string, object?>("error.type", count.Key)));
}

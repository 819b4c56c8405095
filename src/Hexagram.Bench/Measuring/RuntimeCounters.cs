using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Hexagram.Bench.Measuring;

/// <summary>What the runtime of a process counts of itself, read from outside twice a second while it is open.</summary>
internal sealed class RuntimeCounters : IAsyncDisposable
{
    private const string MetricsProvider = "System.Diagnostics.Metrics";
    private const string RuntimeProvider = "Microsoft-Windows-DotNETRuntime";
    private const long TimeSeriesValues = 2;
    private const long CollectHeap = 0x80_0000;
    private const string RefreshSeconds = "0.5";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly EventPipeSession _session;
    private readonly Task _reading;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<(long At, double Value)>> _series = [];

    private RuntimeCounters(EventPipeSession session)
    {
        _session = session;
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Opens those of a process.</summary>
    /// <returns>Null when it has no such runtime, or lets nobody ask.</returns>
    public static RuntimeCounters? Open(int process)
    {
        var arguments = new Dictionary<string, string>
        {
            ["Metrics"] = "System.Runtime",
            ["SessionId"] = Guid.NewGuid().ToString(),
            ["RefreshInterval"] = RefreshSeconds,
            ["MaxTimeSeries"] = "1000",
            ["MaxHistograms"] = "10",
        };
        return Start(process, new EventPipeProvider(MetricsProvider, EventLevel.Informational, TimeSeriesValues, arguments)) is { } session ? new RuntimeCounters(session) : null;
    }

    /// <summary>Has a process collect all its garbage now, so that what is left is in use.</summary>
    public static async Task CollectAsync(int process)
    {
        // The runtime collects when somebody begins to listen with this keyword.
        using var session = Start(process, new EventPipeProvider(RuntimeProvider, EventLevel.Informational, CollectHeap));
        if (session is not null)
        {
            var reading = session.EventStream.CopyToAsync(Stream.Null);
            await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            await session.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await reading.WaitAsync(Patience).ConfigureAwait(false);
        }
    }

    /// <summary>What happened from one moment to another, scaled to the whole of it from the readings within it.</summary>
    /// <returns>Null when there were fewer than two readings.</returns>
    public RuntimeUse? Between(long from, long to)
    {
        if (Growth("dotnet.gc.heap.total_allocated", from, to) is not { } allocated)
        {
            return null;
        }

        return new RuntimeUse(
            allocated,
            Collections(0),
            Collections(1),
            Collections(2),
            Growth("dotnet.gc.pause.time", from, to) ?? 0);

        double Collections(int generation) => Growth($"dotnet.gc.collections gen{generation}", from, to) ?? 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _session.StopAsync(CancellationToken.None).WaitAsync(Patience).ConfigureAwait(false);
            await _reading.WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ServerNotAvailableException or IOException or TimeoutException)
        {
            // The process has ended before the reading did.
        }

        _session.Dispose();
    }

    private static EventPipeSession? Start(int process, EventPipeProvider provider)
    {
        try
        {
            return new DiagnosticsClient(process).StartEventPipeSession([provider], requestRundown: false);
        }
        catch (Exception fault) when (fault is DiagnosticsClientException or IOException or UnauthorizedAccessException)
        {
            // Another runtime, another user's process, or one that has its diagnostics switched off: its figures are left out.
            return null;
        }
    }

    private double? Growth(string name, long from, long to)
    {
        lock (_gate)
        {
            var within = _series.GetValueOrDefault(name)?.FindAll(one => one.At >= from && one.At <= to);
            return within is [var first, .., var last] ? (last.Value - first.Value) * (to - from) / (last.At - first.At) : null;
        }
    }

    private void Read()
    {
        using var source = new EventPipeEventSource(_session.EventStream);
        source.Dynamic.All += Take;
        source.Process();
    }

    private void Take(TraceEvent one)
    {
        if (one.ProviderName != MetricsProvider || one.EventName != "CounterRateValuePublished")
        {
            return;
        }

        // Collections come apart by "gc.heap.generation=gen0", and so on; nothing else that is read here has a tag.
        var tag = one.PayloadStringByName("tags") is { Length: > 0 } tags ? $" {tags[(tags.LastIndexOf('=') + 1)..]}" : "";
        if (double.TryParse(one.PayloadStringByName("value"), CultureInfo.InvariantCulture, out var value))
        {
            lock (_gate)
            {
                var name = one.PayloadStringByName("instrumentName") + tag;
                if (!_series.TryGetValue(name, out var series))
                {
                    _series[name] = series = [];
                }

                series.Add((Stopwatch.GetTimestamp(), value));
            }
        }
    }
}

/// <summary>What a runtime used in some time.</summary>
/// <param name="AllocatedBytes">On the managed heap.</param>
/// <param name="Collections0">Collections of generation 0 alone.</param>
/// <param name="Collections1">Of 1 and 0.</param>
/// <param name="Collections2">Of all.</param>
/// <param name="PauseSeconds">While nothing else ran.</param>
public sealed record RuntimeUse(double AllocatedBytes, double Collections0, double Collections1, double Collections2, double PauseSeconds);

using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Commits;

namespace Hexagram.Storage.RocksDb.Tests.Commits;

/// <summary>What the store measures of its commits, as whoever listens reads it.</summary>
public sealed class StoreMeterTests
{
    [Fact]
    public async Task Each_commit_is_measured_once_however_much_is_in_it()
    {
        using var meters = new OwnMeters();
        await using var place = new RocksDbPlace(inMemory: true) { Meters = meters };
        await using var store = place.Open(new RocksDbStoreOptions { Folder = place.Folder }, TimeProvider.System);
        using var heard = new Heard(meters);
        var answers = new List<Task<AppendResult>>();
        using (var held = place.HoldNextCommit())
        {
            answers.Add(store.AppendAsync(Message()).AsTask());
            await held.Arrived;
            answers.AddRange(Enumerable.Range(0, 5).Select(_ => store.AppendAsync(Message()).AsTask()));
        }

        await Task.WhenAll(answers);

        // The commit thread measures before it answers.
        Assert.Equal([1, 5], heard.Sizes);
        Assert.Equal(2, heard.Syncs.Count);
        Assert.All(heard.Syncs, seconds => Assert.InRange(seconds, double.Epsilon, 60));
    }

    [Fact]
    public async Task Its_page_lists_everything_that_is_measured()
    {
        using var meters = new OwnMeters();
        using var meter = new StoreMeter(meters);
        using var heard = new Heard(meters);
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "metrics.md"));

        // What the store in PostgreSQL alone measures is marked so.
        var listed = page.Split('\n')
            .Where(line => line.StartsWith("| `hexagram.store.", StringComparison.Ordinal) && !line.Contains("| PostgreSQL", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

        Assert.Equal(heard.Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static AppendItem Message() => new(new UserId("bob"), new UserId("alice"), MessageId.New(TimeProvider.System.GetUtcNow()), "hello", new AppendLane());

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));

    /// <summary>Meters that no other test of this process listens to.</summary>
    private sealed class OwnMeters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }

    private sealed class Heard : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Heard(IMeterFactory meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    Names.Add(instrument.Name);
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Sizes.Add(value));
            _listener.SetMeasurementEventCallback<double>((_, value, _, _) => Syncs.Add(value));
            _listener.Start();
        }

        public List<string> Names { get; } = [];

        public List<long> Sizes { get; } = [];

        public List<double> Syncs { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}

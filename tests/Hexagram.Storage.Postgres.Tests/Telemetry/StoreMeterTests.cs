using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;

namespace Hexagram.Storage.Postgres.Tests.Telemetry;

/// <summary>What the store says about itself: counts, durations, and its part of a message's trace.</summary>
public sealed class StoreMeterTests : StoreTest
{
    [Fact]
    public async Task Batches_are_counted_and_timed_by_what_they_are_for()
    {
        using var meters = new OwnMeters();
        using var heard = new Heard(meters);
        await using var store = await OpenAsync(Options((await SharedServer.StartedAsync()).ConnectionString()) with { Writers = 1, Readers = 1 }, new StoreSeams { Meters = meters });

        await store.OpenDeviceAsync(new DeviceHello(Bob, Phone, Epoch.None, Sequence.None, StreamStart.Oldest));
        await store.AppendAsync(Message(Alice, Bob));
        await store.ConfirmAsync(Bob, Phone, store.Epoch, new Sequence(1));
        await ReadAllAsync(store, Bob);

        Assert.Equal([1, 1, 1], heard.Of("hexagram.store.commit.size"));
        Assert.Equal(2, heard.Of("hexagram.store.sync.duration").Count(seconds => seconds > 0));
        Assert.Single(heard.Of("hexagram.store.unsynced.duration"), seconds => seconds > 0);
        Assert.Equal([1], heard.Of("hexagram.store.read.size"));
        Assert.Single(heard.Of("hexagram.store.read.duration"), seconds => seconds > 0);
        Assert.Equal((0, 0), (heard.Count("hexagram.store.outages"), heard.Count("hexagram.store.unavailable")));
    }

    [Fact]
    public async Task What_is_done_again_what_fails_and_an_outage_are_told_with_their_reasons()
    {
        using var meters = new OwnMeters();
        using var heard = new Heard(meters);
        var troubles = new ConcurrentQueue<Exception>([new PostgresException("two met", "ERROR", "ERROR", PostgresErrorCodes.DeadlockDetected), new NpgsqlException("gone")]);
        var isBack = new TaskCompletionSource();
        var seams = new StoreSeams
        {
            Meters = meters,
            BeforeWriting = () => troubles.TryDequeue(out var trouble) ? Task.FromException(trouble) : isBack.Task,
        };
        await using var store = await OpenAsync(Options((await SharedServer.StartedAsync()).ConnectionString()) with { Writers = 1 }, seams);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.AppendAsync(Message(Alice, Bob)));

        Assert.Equal(1, heard.Count("hexagram.store.retries", "40P01"));
        Assert.Equal(1, heard.Count("hexagram.store.failures", "connection"));
        Assert.Equal((1, 1), (heard.Count("hexagram.store.outages"), heard.Count("hexagram.store.unavailable")));
        isBack.SetResult();
        await store.Recovered.WaitAsync(Patience);
        Assert.Equal((1, 0), (heard.Count("hexagram.store.outages"), heard.Count("hexagram.store.unavailable")));
        Assert.Equal(AppendOutcome.New, (await store.AppendAsync(Message(Alice, Bob))).Outcome);
    }

    [Fact]
    public async Task Commit_of_a_message_is_part_of_its_trace_and_of_nothing_that_went_on_when_the_store_was_opened()
    {
        using var opening = new Activity("the start of an application").Start();
        await using var store = await OpenAsync(Options((await SharedServer.StartedAsync()).ConnectionString()));
        opening.Stop();
        var item = Message(Alice, Bob);
        var told = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        var statements = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Hexagram.Storage.Postgres" or "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql")
                {
                    statements.Enqueue(activity);
                }
                else if (activity.TraceId == MessageTrace.IdOf(item.Id))
                {
                    told.TrySetResult(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await store.AppendAsync(item);

        var commit = await told.Task.WaitAsync(Patience);
        Assert.Equal(("commit", item.Id.ToString()), (commit.OperationName, commit.GetTagItem("messaging.message.id")));
        Assert.True(commit.Duration > TimeSpan.Zero);
        Assert.NotEmpty(statements);
        Assert.DoesNotContain(statements, statement => statement.TraceId == opening.TraceId);
    }

    private static Task<PostgresMailboxStore> OpenAsync(PostgresStoreOptions options, StoreSeams seams) => PostgresMailboxStore.OpenAsync(options, TimeProvider.System, seams).WaitAsync(Patience);

    /// <summary>The meters of one test.</summary>
    private sealed class OwnMeters : IMeterFactory
    {
        private readonly List<Meter> _made = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _made.Add(new Meter(options));
            return _made[^1];
        }

        public void Dispose() => _made.ForEach(meter => meter.Dispose());
    }

    /// <summary>Listens to them.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly ConcurrentQueue<(string Name, double Value)> _recorded = new();
        private readonly ConcurrentDictionary<(string Name, string? Reason), double> _observed = new();
        private readonly MeterListener _listener = new();

        public Heard(OwnMeters meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
            _listener.Start();
        }

        /// <summary>All that a histogram has recorded.</summary>
        public IReadOnlyList<double> Of(string name) => [.. _recorded.Where(one => one.Name == name).Select(one => one.Value)];

        /// <summary>What a counter stands at.</summary>
        public long Count(string name, string? reason = null)
        {
            _listener.RecordObservableInstruments();
            return (long)_observed.GetValueOrDefault((name, reason));
        }

        public void Dispose() => _listener.Dispose();

        private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (instrument.IsObservable)
            {
                _observed[(instrument.Name, tags.Length == 0 ? null : (string?)tags[0].Value)] = value;
            }
            else
            {
                _recorded.Enqueue((instrument.Name, value));
            }
        }
    }
}

using System.Diagnostics;
using Hexagram.Bench.Load;
using Hexagram.Bench.Measuring;
using Hexagram.Bench.Sdk;
using Hexagram.Bench.Wire;

namespace Hexagram.Bench.Runs;

/// <summary>
/// Measures: starts a server or takes the one that is there, loads it from this process, and says what it cost and whether every message arrived
/// once and in order. Used once; <see cref="Progress"/> may be read by anybody meanwhile.
/// </summary>
public sealed class BenchRun(BenchSettings settings)
{
    private readonly Findings _findings = new();
    private int _run;
    private string _words = "starting";
    private long _begunAt;
    private TimeSpan _length;
    private ILoad? _load;

    /// <summary>How it stands. Thread-safe.</summary>
    public BenchProgress Progress => new(
        _run + 1,
        settings.Repeat,
        Volatile.Read(ref _words),
        _length > TimeSpan.Zero ? Math.Min(1, Stopwatch.GetElapsedTime(Volatile.Read(ref _begunAt)) / _length) : null,
        Volatile.Read(ref _load)?.Confirmed ?? 0);

    /// <summary>Measures as often as was asked for.</summary>
    /// <param name="stop">Ends it with an exception.</param>
    /// <exception cref="InvalidOperationException">A server does not start, or a connection ended.</exception>
    public async Task<BenchReport> RunAsync(CancellationToken stop)
    {
        var runs = new List<RunResult>();
        for (_run = 0; _run < settings.Repeat; _run++)
        {
            Begin("starting", TimeSpan.Zero);
            await using var target = settings.Server is { } given ? Target.Of(given) : await Target.StartAsync(settings.Program).ConfigureAwait(false);
            var phase = settings.Scenario == Scenario.Startup ? Started(target) : await TrafficAsync(target, stop).ConfigureAwait(false);
            runs.Add(new RunResult("server", [phase]));
        }

        return new BenchReport(settings, runs, _findings);
    }

    private static PhaseResult Started(Target target)
    {
        var now = ProcessReading.OfSelf();
        return new() { Name = "startup", Messages = 0, Elapsed = target.Startup, Generator = (now, now), Memory = MemoryOf(target) };
    }

    private async Task<PhaseResult> TrafficAsync(Target target, CancellationToken stop)
    {
        var measured = new MeasuredPart();
        await using var load = await OpenAsync(target, measured, stop).ConfigureAwait(false);
        load.Start(settings.Pace);
        Begin("warming up", settings.WarmUp);
        await load.ContinueAsync(settings.WarmUp).ConfigureAwait(false);

        Begin("measuring", settings.Duration);
        var (server, generator, confirmed) = (ReadingOf(target), ProcessReading.OfSelf(), load.Confirmed);
        measured.Begin();
        await load.ContinueAsync(settings.Duration).ConfigureAwait(false);
        measured.End();
        var (serverAfter, generatorAfter, confirmedAfter) = (ReadingOf(target), ProcessReading.OfSelf(), load.Confirmed);
        var memory = MemoryOf(target);

        Begin("verifying", TimeSpan.Zero);
        await load.FinishAsync().ConfigureAwait(false);
        return new PhaseResult
        {
            Name = "traffic",
            Messages = confirmedAfter - confirmed,
            Elapsed = Stopwatch.GetElapsedTime(generator.At, generatorAfter.At),
            Server = server is { } before && serverAfter is { } after ? (before, after) : null,
            Generator = (generator, generatorAfter),
            Memory = memory,
            Latencies = measured.Latencies,
        };
    }

    private async Task<ILoad> OpenAsync(Target target, MeasuredPart measured, CancellationToken stop)
    {
        Begin("connecting", TimeSpan.Zero);
        var wanted = new LoadSettings
        {
            Server = target.Address,
            IssueToken = target.IssueToken,
            Senders = settings.Senders,
            Recipients = settings.Recipients,
            BodyBytes = settings.BodyBytes,
            Measured = measured,
            Findings = _findings,
            Stop = stop,
            Tag = (uint)Random.Shared.Next(),
        };
        ILoad load = settings.Client == LoadClient.Wire ? new WireLoad(wanted) : new SdkLoad(wanted, isDurable: settings.Client == LoadClient.SdkDurable);
        Volatile.Write(ref _load, load);
        try
        {
            await load.OpenAsync().ConfigureAwait(false);
            return load;
        }
        catch
        {
            await load.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void Begin(string words, TimeSpan length)
    {
        _length = length;
        Volatile.Write(ref _begunAt, Stopwatch.GetTimestamp());
        Volatile.Write(ref _words, words);
    }

    private static ProcessReading? ReadingOf(Target target) => target.Process is { } process && OperatingSystem.IsLinux() ? ProcessReading.Of(process) : null;

    private static ProcessMemory? MemoryOf(Target target) => target.Process is { } process && OperatingSystem.IsLinux() ? ProcessMemory.Of(process) : null;
}

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
    /// <summary>Connections that come before those whose memory is measured, so that what they need of code is there.</summary>
    private const int IdleFirst = 100;

    private readonly Findings _findings = new();
    private int _run;
    private string _words = "starting";
    private long _begunAt;
    private TimeSpan _length;
    private Func<long> _messages = () => 0;

    /// <summary>How it stands. Thread-safe.</summary>
    public BenchProgress Progress => new(
        _run + 1,
        settings.Repeat,
        Volatile.Read(ref _words),
        _length > TimeSpan.Zero ? Math.Min(1, Stopwatch.GetElapsedTime(Volatile.Read(ref _begunAt)) / _length) : null,
        Volatile.Read(ref _messages)());

    /// <summary>Measures as often as was asked for; the floor each time beside the server.</summary>
    /// <param name="stop">Ends it with an exception.</param>
    /// <exception cref="InvalidOperationException">A server does not start, a connection ended, or something cannot be counted here.</exception>
    public async Task<BenchReport> RunAsync(CancellationToken stop)
    {
        var runs = new List<RunResult>();
        for (_run = 0; _run < settings.Repeat; _run++)
        {
            Begin("starting", TimeSpan.Zero);
            await using (var server = settings.Server is { } given ? Target.Of(given) : await StartAsync(withTls: false, stop).ConfigureAwait(false))
            {
                runs.Add(new RunResult(RunResult.Server, await MeasureAsync(server, stop).ConfigureAwait(false)));
            }

            if (settings.WithTls)
            {
                Begin("starting with TLS", TimeSpan.Zero);
                await using var server = await StartAsync(withTls: true, stop).ConfigureAwait(false);
                runs.Add(new RunResult(RunResult.ServerWithTls, await MeasureAsync(server, stop).ConfigureAwait(false)));
            }

            if (settings.FloorWords is { } words)
            {
                Begin("starting the floor", TimeSpan.Zero);
                await using var floor = await Target.StartFloorAsync(settings.Program, words).ConfigureAwait(false);
                runs.Add(new RunResult(RunResult.Floor, await MeasureAsync(floor, stop).ConfigureAwait(false)));
            }
        }

        return new BenchReport(settings, runs, _findings);
    }

    private Task<Target> StartAsync(bool withTls, CancellationToken stop) =>
        Target.StartAsync(settings.Program, settings.Transport, withTls, data => PrepareAsync(data, stop));

    private async Task<IReadOnlyList<PhaseResult>> MeasureAsync(Target target, CancellationToken stop)
    {
        await using var meter = new PhaseMeter(target, settings.CountSyscalls);
        return settings.Scenario switch
        {
            Scenario.Traffic => [await TrafficAsync(target, meter, stop).ConfigureAwait(false)],
            Scenario.Backlog => await BacklogAsync(target, meter, stop).ConfigureAwait(false),
            Scenario.Idle => [await IdleAsync(target, meter, stop).ConfigureAwait(false)],
            _ => [Started(target, meter)],
        };
    }

    private static PhaseResult Started(Target target, PhaseMeter meter)
    {
        var now = ProcessReading.OfSelf();
        return new() { Name = "startup", Messages = 0, Elapsed = target.Startup, Generator = (now, now), Memory = meter.Memory };
    }

    private async Task<PhaseResult> TrafficAsync(Target target, PhaseMeter meter, CancellationToken stop)
    {
        var measured = new MeasuredPart();
        var wanted = Wanted(target, measured, stop);
        await using ILoad load = settings.Client == LoadClient.Wire ? new WireLoad(wanted) : new SdkLoad(wanted, isDurable: settings.Client == LoadClient.SdkDurable);
        Volatile.Write(ref _messages, () => load.Confirmed);
        Begin("connecting", TimeSpan.Zero);
        await load.OpenAsync().ConfigureAwait(false);
        load.Start(settings.Pace);
        Begin("warming up", settings.WarmUp);
        await load.ContinueAsync(settings.WarmUp).ConfigureAwait(false);

        Begin("measuring", settings.Duration);
        meter.Begin();
        var confirmed = load.Confirmed;
        measured.Begin();
        await load.ContinueAsync(settings.Duration).ConfigureAwait(false);
        measured.End();
        var result = meter.End("traffic", load.Confirmed - confirmed, measured.Latencies);

        Begin("verifying", TimeSpan.Zero);
        await load.FinishAsync().ConfigureAwait(false);
        return await result().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<PhaseResult>> BacklogAsync(Target target, PhaseMeter meter, CancellationToken stop)
    {
        await using var load = new WireLoad(Wanted(target, new MeasuredPart(), stop));
        Volatile.Write(ref _messages, () => load.Accepted);
        Begin("connecting", TimeSpan.Zero);
        await load.OpenAsync().ConfigureAwait(false);
        load.Leave();

        Begin("storing", TimeSpan.Zero);
        meter.Begin();
        load.Store(settings.MessagesPerStream, settings.Pace.Window);
        var stored = meter.End("storing", load.Accepted);

        Volatile.Write(ref _messages, () => load.Taken);
        Begin("draining", TimeSpan.Zero);
        meter.Begin();
        load.Drain();
        var drained = meter.End("draining", load.Taken);

        Begin("verifying", TimeSpan.Zero);
        await load.FinishAsync().ConfigureAwait(false);
        return [await stored().ConfigureAwait(false), await drained().ConfigureAwait(false)];
    }

    private async Task<PhaseResult> IdleAsync(Target target, PhaseMeter meter, CancellationToken stop)
    {
        var wanted = Wanted(target, new MeasuredPart(), stop);
        await using var load = new WireLoad(wanted with { Recipients = wanted.Recipients + IdleFirst, Streams = 1, Senders = 1 });
        Begin("connecting the first", TimeSpan.Zero);
        load.OpenRecipients(0, IdleFirst);
        var (before, collectedBefore) = await SettleAsync(load, meter).ConfigureAwait(false);

        Begin("connecting", TimeSpan.Zero);
        meter.Begin();
        load.OpenRecipients(IdleFirst, wanted.Recipients + IdleFirst);
        var result = meter.End("idle", messages: 0);
        var (after, collectedAfter) = await SettleAsync(load, meter).ConfigureAwait(false);
        return await result().ConfigureAwait(false) with { Idle = new IdleMemory(wanted.Recipients, before, after, collectedBefore, collectedAfter) };
    }

    /// <summary>Memory as it is after a time in which nothing happened, and after a collection.</summary>
    private async Task<(ProcessMemory AsItIs, ProcessMemory Collected)> SettleAsync(WireLoad load, PhaseMeter meter)
    {
        Begin("settling", settings.WarmUp);
        await load.ContinueAsync(settings.WarmUp).ConfigureAwait(false);
        var asItIs = meter.Memory ?? throw new InvalidOperationException("The memory of that server cannot be read: name its process on this machine with --pid.");
        await meter.CollectAsync().ConfigureAwait(false);
        await load.ContinueAsync(settings.WarmUp).ConfigureAwait(false);
        return (asItIs, meter.Memory.Value);
    }

    private async Task PrepareAsync(string data, CancellationToken stop)
    {
        if (settings.Mailboxes > 0)
        {
            Begin("filling the store", TimeSpan.Zero);
            var done = 0L;
            Volatile.Write(ref _messages, () => Volatile.Read(ref done));
            await using var store = await settings.Program.OpenStore(data);
            await Stock.FillAsync(store, settings.Mailboxes, Math.Max(settings.Entries, settings.Mailboxes), TimeProvider.System, count => Volatile.Write(ref done, count), stop).ConfigureAwait(false);
            Begin("starting", TimeSpan.Zero);
        }
    }

    private LoadSettings Wanted(Target target, MeasuredPart measured, CancellationToken stop) => new()
    {
        Server = target.Address,
        RecipientsAt = target.RecipientsAt,
        Authorities = target.Authorities,
        Transport = settings.Transport,
        IssueToken = target.IssueToken,
        Streams = settings.Streams,
        Senders = settings.Senders,
        Recipients = settings.Recipients,
        BodyBytes = settings.BodyBytes,
        Measured = measured,
        Findings = _findings,
        Stop = stop,
        Tag = (uint)Random.Shared.Next(),
    };

    private void Begin(string words, TimeSpan length)
    {
        _length = length;
        Volatile.Write(ref _begunAt, Stopwatch.GetTimestamp());
        Volatile.Write(ref _words, words);
    }
}

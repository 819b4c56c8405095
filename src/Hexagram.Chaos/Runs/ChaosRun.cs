using Hexagram.Chaos.Clients;
using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Proxy;
using Hexagram.Checking;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Runs;

/// <summary>Where a run is.</summary>
public enum ChaosPhase
{
    /// <summary>Server and clients start.</summary>
    Starting,

    /// <summary>Messages and faults.</summary>
    Trouble,

    /// <summary>No more faults and no new messages: what waits arrives.</summary>
    Settling,

    /// <summary>All processes have ended; the evidence is read and judged.</summary>
    Judging,
}

/// <summary>How a run stands, for somebody who watches.</summary>
/// <param name="Phase">Where it is.</param>
/// <param name="Elapsed">Since its beginning.</param>
/// <param name="Sent">Messages whose SendAsync returned.</param>
/// <param name="Delivered">Messages whose sender was told that they are delivered.</param>
/// <param name="Waiting">Messages in all outboxes, as they last said.</param>
/// <param name="Strikes">What has struck until now.</param>
/// <param name="UnderWay">What is under way.</param>
public sealed record ChaosProgress(
    ChaosPhase Phase, TimeSpan Elapsed, long Sent, long Delivered, long Waiting, IReadOnlyList<Strike> Strikes, IReadOnlyList<Fault> UnderWay);

/// <summary>
/// One chaos run: starts a server and processes of clients, which talk through a proxy that harms their connections; disturbs all of them; lets them come to rest; and judges from
/// what the applications called, were told and have, and from what is on the server's disk. Used once.
/// </summary>
/// <remarks>Processes are stopped and continued with signals, so it needs Linux or macOS. It ends every process that it started.</remarks>
public sealed class ChaosRun : IAsyncDisposable
{
    private const int ClientsPerProcess = 4;
    private const int ProcessesMax = 8;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the clients may take to be there.</summary>
    private static readonly TimeSpan ClientsMax = TimeSpan.FromSeconds(30);

    /// <summary>After the last handler has begun, its transaction takes a moment; and one that was undone by a kill begins again.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly ChaosSettings _settings;
    private readonly Recorder _recorder = new();
    private readonly FaultProxy _proxy = new();
    private readonly ServerGroup _servers;
    private readonly List<UserId> _users;
    private readonly List<ClientProcess> _processes;
    private readonly FaultInjector _injector;
    private readonly DateTimeOffset _startedAt;
    private ChaosPhase _phase;
    private int _declaredDead;
    private CancellationToken _stop;

    /// <summary>Prepares a run; nothing is started yet.</summary>
    public ChaosRun(ChaosSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _startedAt = settings.Time.GetUtcNow();
        _servers = new ServerGroup(settings, _proxy);
        // A quarter of the devices are somebody's second one.
        _users = [.. Enumerable.Range(1, Math.Max(2, settings.Clients * 3 / 4)).Select(n => new UserId($"user{n}"))];
        _processes = [.. Seats().Select((seats, index) => new ClientProcess(settings, _recorder, seats, life => Setup(seats, index, life)))];
        _injector = new FaultInjector(new FaultPlan(settings.Faults, settings.Duration, settings.Seed), _proxy, _servers, _processes, _recorder);
    }

    /// <summary>How it stands now. Thread-safe.</summary>
    public ChaosProgress Progress
    {
        get
        {
            var (sent, delivered) = _recorder.Counts;
            return new(_phase, _recorder.Now, sent, delivered, _processes.Sum(process => Math.Max(0, process.Outbox)), _injector.Strikes, _injector.Now);
        }
    }

    /// <summary>Runs to the verdict.</summary>
    /// <param name="stop">Ends the trouble early; what has happened until then is judged.</param>
    /// <exception cref="InvalidOperationException">The server, or what it stands on, cannot be started.</exception>
    public async Task<ChaosReport> RunAsync(CancellationToken stop)
    {
        _stop = stop;
        await _servers.StartAsync();
        foreach (var process in _processes)
        {
            await process.StartAsync();
        }

        await WhenClientsAreThereAsync();
        _phase = ChaosPhase.Trouble;
        var begun = _recorder.Now;
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(stop))
        {
            end.CancelAfter(_settings.Duration);
            await Task.WhenAll(DisturbAsync(end.Token), LookAfterProcessesAsync(end.Token));
        }

        var trouble = _recorder.Now - begun;
        _recorder.History.FaultsEnded(_recorder.Now);
        _phase = ChaosPhase.Settling;
        var settled = await SettleAsync();
        _phase = ChaosPhase.Judging;
        await CloseAsync();
        return await JudgeAsync(trouble, settled);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await _servers.DisposeAsync();
        await _proxy.DisposeAsync();
        _injector.Dispose();
    }

    /// <summary>The devices, process by process; in each process one that only sends, so that it can be destroyed.</summary>
    private List<IReadOnlyList<Seat>> Seats()
    {
        var folder = Path.Combine(_settings.Folder, "clients");
        var devices = Enumerable.Range(0, _settings.Clients)
            .Select(n => new Seat(_users[n % _users.Count], n < _users.Count ? "phone" : $"tablet{n / _users.Count}", receives: true, folder))
            .ToList();
        var count = Math.Clamp(devices.Count / ClientsPerProcess, 1, ProcessesMax);
        return [.. Enumerable.Range(0, count).Select(index => (IReadOnlyList<Seat>)
        [
            .. devices.Where((_, n) => n % count == index),
            new Seat(_users[index % _users.Count], $"sensor{index + 1}", receives: false, folder),
        ])];
    }

    private ClientSetup Setup(IReadOnlyList<Seat> seats, int index, int life) => Setup(seats, index, life, _settings.Transports[index % _settings.Transports.Count]);

    private ClientSetup Setup(IReadOnlyList<Seat> seats, int index, int life, Transport transport) => new(
        transport.Address(transport == Transport.Tcp ? _proxy.EndPoint : _proxy.HttpEndPoint, _settings.WithTls).ToString(),
        _servers.CertificateFile,
        transport == Transport.WebSocketJson,
        [.. _users.Select(user => user.Value)],
        (double)_settings.Rate / _processes.Count,
        _settings.Seed + (index * 1_000) + life,
        [.. seats.Select(seat => new ClientSeat(
            seat.Party.User.Value,
            seat.Party.Device.Value,
            _settings.Program.IssueToken(_servers.Data, seat.Party.User),
            seat.Folder,
            seat.Receives,
            _recorder.OrdinalsOf(seat.Party)))]);

    private async Task DisturbAsync(CancellationToken end)
    {
        if (_settings.Faults.Count > 0)
        {
            await _injector.RunAsync(end);
        }
    }

    /// <summary>A process that ends although nobody has killed it is a finding; it is started again, so that the run goes on.</summary>
    private async Task LookAfterProcessesAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(LookEvery);
        while (!end.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            await LookAfterProcessesAsync();
        }
    }

    /// <summary>Trouble before there is anybody to be troubled would only take from the run's time.</summary>
    private async Task WhenClientsAreThereAsync()
    {
        var begun = _recorder.Now;
        using var timer = new PeriodicTimer(LookEvery);
        while (!_stop.IsCancellationRequested && _recorder.Now - begun < ClientsMax && _processes.Exists(process => process.IsAlive && process.Outbox < 0))
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task LookAfterProcessesAsync()
    {
        foreach (var node in _servers.Nodes)
        {
            await UnlessDisturbedAsync(node.Gate, () => node.IsAlive, async () =>
            {
                if (_servers.Ground is not null && node.ExitCode == ServerProcess.LostExitCode)
                {
                    _declaredDead++;
                }
                else if (!(_stop.IsCancellationRequested && node.ExitCode == 0))
                {
                    // (Ctrl-C at a terminal reaches the server, too, and it ends in order as it should.)
                    _recorder.Trouble($"the server ended by itself with {await node.LastWordsAsync()}");
                }

                await _servers.StartAsync(node);
            });
        }

        foreach (var process in _processes)
        {
            await UnlessDisturbedAsync(process.Gate, () => process.IsAlive, async () =>
            {
                _recorder.Trouble($"a process of clients ended by itself with {await process.LastWordsAsync()}");
                await process.StartAsync();
            });
        }
    }

    private static async Task UnlessDisturbedAsync(SemaphoreSlim gate, Func<bool> isAlive, Func<Task> startAgain)
    {
        if (isAlive() || !await gate.WaitAsync(0))
        {
            return;
        }

        try
        {
            // Asked again: whoever held the gate may have started it just now.
            if (!isAlive())
            {
                await startAgain();
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <returns>How long it took until everything had arrived; null when it did not within the bound.</returns>
    private async Task<TimeSpan?> SettleAsync()
    {
        var begun = _recorder.Now;
        foreach (var process in _processes)
        {
            await process.QuietAsync();
        }

        using var timer = new PeriodicTimer(LookEvery);
        while (_recorder.Now - begun < _settings.Bound)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            await LookAfterProcessesAsync();
            if (_recorder.Now - begun > Quiet
                && _processes.TrueForAll(process => process.Outbox == 0)
                && _recorder.Now - _recorder.LastHandledAt > Quiet
                && _recorder.EverythingIsHandled())
            {
                return _recorder.LastHandledAt > begun ? _recorder.LastHandledAt - begun : TimeSpan.Zero;
            }
        }

        return null;
    }

    private async Task CloseAsync()
    {
        string?[] faults = [.. await Task.WhenAll(_processes.Select(process => process.CloseAsync())), .. await _servers.EndAsync()];
        foreach (var fault in faults.OfType<string>())
        {
            _recorder.Trouble(fault);
        }
    }

    private async Task<ChaosReport> JudgeAsync(TimeSpan trouble, TimeSpan? settled)
    {
        var effects = new Dictionary<Party, HashSet<TrackedMessage>>();
        foreach (var seat in _processes.SelectMany(process => process.Seats).Where(seat => seat.Receives))
        {
            effects[seat.Party] = await Evidence.ReadEffectsAsync(seat, _recorder);
        }

        await using (var store = await _settings.Program.OpenStore(_servers.Data))
        {
            await Evidence.ReadDiskAsync(store, effects, _recorder);
        }

        var percentiles = _recorder.ReadPercentiles(50, 99, 100);
        var strikes = _injector.Strikes.Where(strike => strike.Struck > 0).OrderBy(strike => strike.From).ToList();
        return new ChaosReport
        {
            Settings = _settings,
            StartedAt = _startedAt,
            Trouble = trouble,
            Settled = settled,
            Verdict = Checker.Judge(_recorder.History, _settings.Bound),
            Faults = [.. _settings.Faults.Order().Select(fault => Count(fault, strikes))],
            Strikes = strikes,
            Troubles = _recorder.Troubles,
            DeclaredDead = _declaredDead,
            Timeline = _recorder.ReadTimeline(),
            P50 = percentiles[0],
            P99 = percentiles[1],
            Longest = percentiles[2],
        };
    }

    private static FaultCount Count(Fault fault, List<Strike> strikes)
    {
        var its = strikes.FindAll(strike => strike.Fault == fault);
        return new FaultCount(fault, its.Count, its.Sum(strike => (long)strike.Struck));
    }
}

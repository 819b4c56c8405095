using Hexagram.Chaos.Nodes;
using Hexagram.Chaos.Proxy;
using Hexagram.Chaos.Runs;
using static Hexagram.Chaos.Faults.Striking;

namespace Hexagram.Chaos.Faults;

/// <summary>
/// Does to the processes and connections of a run what the plan says, and makes whole again what it has broken. Several faults may be under way at once,
/// but only one at a time on one process, and one on the shape of the links.
/// </summary>
internal sealed class FaultInjector(FaultPlan plan, FaultProxy proxy, ServerGroup servers, IReadOnlyList<ClientProcess> processes, Recorder recorder) : IDisposable
{
    /// <summary>How long a packet is waited for that is to be lost.</summary>
    private static readonly TimeSpan PacketPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ClockJumpMax = TimeSpan.FromDays(10);

    private readonly ServerFaults _servers = new(plan, servers, recorder);
    private readonly SemaphoreSlim _shape = new(1);
    private readonly List<Task> _underWay = [];
    private readonly List<Strike> _strikes = [];
    private readonly List<Fault> _now = [];
    private readonly Lock _gate = new();

    /// <summary>What has struck until now, in the order in which it was over.</summary>
    public IReadOnlyList<Strike> Strikes
    {
        get
        {
            lock (_gate)
            {
                return [.. _strikes];
            }
        }
    }

    /// <summary>What is under way now.</summary>
    public IReadOnlyList<Fault> Now
    {
        get
        {
            lock (_gate)
            {
                return [.. _now];
            }
        }
    }

    /// <summary>Strikes until <paramref name="end"/>, and returns when all is whole again.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var (after, fault, random) = plan.Next();
            if (!await PauseAsync(after, end))
            {
                break;
            }

            _underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            _underWay.Add(StrikeAsync(fault, random, end));
        }

        await Task.WhenAll(_underWay);
        proxy.Clear();
        proxy.Thaw();
        proxy.Spare();
    }

    /// <inheritdoc/>
    public void Dispose() => _shape.Dispose();

    private async Task StrikeAsync(Fault fault, Random random, CancellationToken end)
    {
        var from = recorder.Now;
        lock (_gate)
        {
            _now.Add(fault);
        }

        var (struck, what) = await DoAsync(fault, random, end);
        if (struck == 0)
        {
            plan.Again(fault);
        }

        lock (_gate)
        {
            _now.Remove(fault);
            _strikes.Add(new Strike(fault, from, recorder.Now, struck, what));
        }
    }

    private Task<(int Struck, string What)> DoAsync(Fault fault, Random random, CancellationToken end) => fault switch
    {
        <= Fault.CrashRedis => _servers.StrikeAsync(fault, random, end),
        Fault.KillClient => OnProcessAsync(_ => true, KillClientAsync, random, end),
        Fault.StopClient => OnProcessAsync(_ => true, StopClientAsync, random, end),
        Fault.BurnDevice => OnProcessAsync(process => process.Seats.Any(seat => !seat.Receives), BurnDeviceAsync, random, end),
        Fault.Clock => OnProcessAsync(_ => true, SetClockAsync, random, end),
        Fault.Cut => Task.FromResult(Cut(random)),
        Fault.CutMidway => CutMidwayAsync(random, end),
        Fault.Freeze => FreezeAsync(random, end),
        Fault.Delay => ShapeAsync(Delay, FaultKind.Delay, random, end),
        Fault.Throttle => ShapeAsync(Throttle, FaultKind.Throttle, random, end),
        Fault.Split => ShapeAsync(Split, FaultKind.Split, random, end),
        Fault.Merge => ShapeAsync(Merge, FaultKind.Merge, random, end),
        Fault.LoseMsgR => LoseAsync(PacketKind.MessageRequest, "msg:R", random, end),
        Fault.LoseMsgA => LoseAsync(PacketKind.MessageAcknowledge, "msg:A", random, end),
        Fault.LoseMsgN => LoseAsync(PacketKind.MessageNotify, "msg:N", random, end),
        Fault.LoseAckR => LoseAsync(PacketKind.AckRequest, "ack:R", random, end),
        Fault.LoseAckA => LoseAsync(PacketKind.AckAcknowledge, "ack:A", random, end),
        Fault.LoseAckN => LoseAsync(PacketKind.AckNotify, "ack:N", random, end),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault."),
    };

    private Task<(int Struck, string What)> OnProcessAsync(
        Func<ClientProcess, bool> which, Func<ClientProcess, Random, CancellationToken, Task<(int, string)>> strike, Random random, CancellationToken end) =>
        OneAsync(processes.Where(which), process => process.Gate, process => strike(process, random, end), random, "every process of clients was being disturbed already");

    private async Task<(int, string)> KillClientAsync(ClientProcess process, Random random, CancellationToken end)
    {
        var wasAlive = await process.KillAsync();
        await PauseAsync(Chance(random) ? TimeSpan.Zero : plan.Pause(random) / 2, end);
        await process.StartAsync();
        return (wasAlive ? 1 : 0, $"killed the process of {Names(process)} and started it again");
    }

    private async Task<(int, string)> StopClientAsync(ClientProcess process, Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var struck = process.Stop();
        await PauseAsync(pause, end);
        return (struck && process.Continue() ? 1 : 0, $"stopped the process of {Names(process)} for {Words(pause)}");
    }

    private async Task<(int, string)> BurnDeviceAsync(ClientProcess process, Random random, CancellationToken end)
    {
        await process.KillAsync();
        var burnt = new List<string>();
        foreach (var seat in process.Seats.Where(seat => !seat.Receives))
        {
            recorder.History.Burnt(recorder.Now, seat.Party);
            burnt.Add(seat.Party.ToString());
            seat.Burn();
        }

        await process.StartAsync();
        return (burnt.Count, $"destroyed {string.Join(", ", burnt)} with all that was on it");
    }

    private async Task<(int, string)> SetClockAsync(ClientProcess process, Random random, CancellationToken end)
    {
        var shift = ClockJumpMax * ((random.NextDouble() * 2) - 1);
        var struck = await process.SetClockAsync(shift);
        return (struck ? 1 : 0, FormattableString.Invariant($"set the clock of {Names(process)} {Math.Abs(shift.TotalHours):0} hours {(shift > TimeSpan.Zero ? "ahead" : "back")}"));
    }

    private (int, string) Cut(Random random)
    {
        var ending = Chance(random) ? Ending.Reset : Ending.Finish;
        var struck = proxy.Cut(ending, Some(random));
        return (struck, $"closed {Connections(struck)} with {(ending == Ending.Reset ? "RST" : "FIN")}");
    }

    private async Task<(int, string)> CutMidwayAsync(Random random, CancellationToken end)
    {
        var way = Chance(random) ? Ways.ToServer : Ways.ToClient;
        var bytes = random.Next(1, 2_000);
        var before = Struck(FaultKind.CutAfter);
        proxy.CutAfter(bytes, way, Ending.Reset, Some(random));
        await PauseAsync(plan.Pause(random), end);
        proxy.Spare();
        var struck = Struck(FaultKind.CutAfter) - before;
        return (struck, $"closed {Connections(struck)} after {bytes} bytes more {(way == Ways.ToServer ? "to the server" : "to the client")}");
    }

    private async Task<(int, string)> FreezeAsync(Random random, CancellationToken end)
    {
        var pause = plan.Pause(random);
        var ways = (Ways)random.Next(1, 4);
        var frozen = new HashSet<long>();
        var some = Some(random);
        var struck = proxy.Freeze(ways, connection => some(connection) && frozen.Add(connection.Number));
        await PauseAsync(pause, end);
        proxy.Thaw(Ways.Both, connection => frozen.Contains(connection.Number));
        return (struck, $"let nothing pass on {Connections(struck)} for {Words(pause)}");
    }

    private async Task<(int, string)> ShapeAsync(Func<Random, string> shape, FaultKind kind, Random random, CancellationToken end)
    {
        if (!await _shape.WaitAsync(0, CancellationToken.None))
        {
            return (0, "the links were being shaped already");
        }

        try
        {
            var before = Struck(kind);
            var what = shape(random);
            await PauseAsync(plan.Pause(random), end);
            proxy.Clear();
            return (Struck(kind) - before, what);
        }
        finally
        {
            _shape.Release();
        }
    }

    private string Delay(Random random)
    {
        var latency = TimeSpan.FromMilliseconds(random.Next(5, 300));
        proxy.Delay(latency, latency, Some(random));
        return $"delayed what passed on some connections by {Words(latency)} to {Words(latency * 2)}";
    }

    private string Throttle(Random random)
    {
        var bytes = random.Next(500, 4_000);
        proxy.Throttle(bytes, Some(random));
        return $"let {bytes} bytes per second pass on some connections";
    }

    private string Split(Random random)
    {
        var bytes = random.Next(1, 40);
        proxy.Split(bytes, Some(random));
        return $"split what passed on some connections into pieces of 1 to {bytes} bytes";
    }

    private string Merge(Random random)
    {
        var gather = TimeSpan.FromMilliseconds(random.Next(100, 500));
        proxy.Merge(32 << 10, gather, Some(random));
        return $"gathered what passed on some connections for up to {Words(gather)}";
    }

    private async Task<(int, string)> LoseAsync(PacketKind kind, string name, Random random, CancellationToken end)
    {
        var loss = proxy.Lose(kind, random.Next(1, 8));
        var struck = await Task.WhenAny(loss.Struck, PauseAsync(PacketPatience, end)) == loss.Struck || !loss.Withdraw();
        return struck ? (1, $"lost one {name} and what came after it on its connection") : (0, $"no {name} came by");
    }

    /// <summary>All connections, or one in so many.</summary>
    private static Func<ProxiedConnection, bool> Some(Random random)
    {
        var one = random.Next(3) switch { 0 => 1, 1 => 2, _ => 5 };
        var which = random.Next(one);
        return connection => connection.Number % one == which;
    }

    private int Struck(FaultKind kind) => (int)proxy.Counters.Faults[kind];

    private static string Connections(int count) => count == 1 ? "one connection" : $"{count} connections";

    private static string Names(ClientProcess process) => string.Join(", ", process.Seats.Select(seat => seat.Party));
}

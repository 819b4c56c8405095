using System.Diagnostics;
using System.Globalization;
using Hexagram.Bench;

// Figures of one machine in one run: a server process of its own, this process as the load. See bench/README.md.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var seconds = TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1]) : 10);
using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
switch (args.FirstOrDefault())
{
    case "pairs":
        await PairsAsync(pairs: 200, window: 8);
        break;
    case "rate":
        await RateAsync(perSecond: 1_000, pairs: 20, durable: false);
        await RateAsync(perSecond: 1_000, pairs: 20, durable: true);
        break;
    case "startup":
        await StartupAsync();
        break;
    default:
        Console.Error.WriteLine("Usage: Hexagram.Bench pairs|rate|startup [SECONDS]");
        return 2;
}

return 0;

// Closed loop: each pair keeps `window` messages under way.
async Task PairsAsync(int pairs, int window)
{
    await using var server = await ServerProcess.StartAsync();
    await using var load = await Load.OpenAsync(server, pairs, stateFolder: null, limit.Token);
    await load.RunAsync(window, TimeSpan.FromSeconds(3)); // The JIT and the caches are warm after this.
    var processor = server.ProcessorTime;
    var own = Process.GetCurrentProcess().TotalProcessorTime;
    var watch = Stopwatch.StartNew();
    var latencies = await load.RunAsync(window, seconds);
    var elapsed = watch.Elapsed;
    processor = server.ProcessorTime - processor;
    own = Process.GetCurrentProcess().TotalProcessorTime - own;
    load.Verify();
    Console.WriteLine($"pairs {pairs}, window {window}, 100 bytes, in-memory client stores, server synced to disk:");
    Console.WriteLine($"  {latencies.Count / elapsed.TotalSeconds:N0} confirmed messages/s");
    Console.WriteLine($"  {processor.TotalMicroseconds / latencies.Count:N1} us server processor time per message, {own.TotalMicroseconds / latencies.Count:N1} us of the load");
    Console.WriteLine($"  latency p50 {Percentile(latencies, 0.50):N2} ms, p99 {Percentile(latencies, 0.99):N2} ms; server {server.WorkingSetBytes >> 20} MiB");
}

// Open loop: messages leave on a schedule, and latency counts from when they should have left.
async Task RateAsync(int perSecond, int pairs, bool durable)
{
    var state = durable ? Directory.CreateTempSubdirectory("hexagram-bench-state-").FullName : null;
    await using (var server = await ServerProcess.StartAsync())
    {
        await using var load = await Load.OpenAsync(server, pairs, state, limit.Token);
        await load.RunAtAsync(perSecond, TimeSpan.FromSeconds(3));
        var processor = server.ProcessorTime;
        var latencies = await load.RunAtAsync(perSecond, seconds);
        processor = server.ProcessorTime - processor;
        load.Verify();
        Console.WriteLine($"rate {perSecond:N0}/s over {pairs} pairs, 100 bytes, {(durable ? "durable (SQLite)" : "in-memory")} client stores:");
        Console.WriteLine($"  SendAsync to Delivered p50 {Percentile(latencies, 0.50):N2} ms, p99 {Percentile(latencies, 0.99):N2} ms, max {Percentile(latencies, 1):N2} ms");
        Console.WriteLine($"  {processor.TotalMicroseconds / latencies.Count:N1} us server processor time per message");
    }

    if (state is not null)
    {
        Directory.Delete(state, recursive: true);
    }
}

async Task StartupAsync()
{
    var times = new List<TimeSpan>();
    for (var n = 0; n < 5; n++)
    {
        await using var server = await ServerProcess.StartAsync();
        times.Add(server.Startup);
    }

    Console.WriteLine($"start to ready line: median {Percentile(times, 0.5):N0} ms, worst {Percentile(times, 1):N0} ms of {times.Count}");
}

static double Percentile(List<TimeSpan> values, double part)
{
    values.Sort();
    return values[(int)Math.Min(values.Count - 1, values.Count * part)].TotalMilliseconds;
}

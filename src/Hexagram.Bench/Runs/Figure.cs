namespace Hexagram.Bench.Runs;

/// <summary>A number that a measured part comes to, defined once for tables, JSON and comparisons.</summary>
/// <param name="Name">In JSON.</param>
/// <param name="Words">For people.</param>
/// <param name="Unit">For people.</param>
/// <param name="Decimals">How many places behind the point mean anything.</param>
/// <param name="Of">The number; null when this part has none.</param>
public sealed record Figure(string Name, string Words, string Unit, int Decimals, Func<PhaseResult, double?> Of)
{
    /// <summary>All, in the order of importance.</summary>
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("messages", "messages", "", 0, phase => phase.Messages > 0 ? phase.Messages : null),
        new("seconds", "time", "s", 3, phase => phase.Elapsed.TotalSeconds),
        new("messagesPerSecond", "messages per second", "/s", 0, phase => phase.Messages > 0 ? phase.Messages / phase.Elapsed.TotalSeconds : null),
        new("serverProcessorUs", "server processor time per message", "µs", 1, phase => PerMessage(phase, one => one.Processor.TotalMicroseconds)),
        new("serverUserUs", "  in the program", "µs", 1, phase => PerMessage(phase, one => one.User.TotalMicroseconds)),
        new("serverSystemUs", "  in the system", "µs", 1, phase => PerMessage(phase, one => one.System.TotalMicroseconds)),
        new("generatorProcessorUs", "load's processor time per message", "µs", 1, phase => phase.Messages > 0
            ? (phase.Generator.After.Processor - phase.Generator.Before.Processor).TotalMicroseconds / phase.Messages
            : null),
        new("latencyP50Ms", "latency, half within", "ms", 3, phase => Percentile(phase, 50)),
        new("latencyP90Ms", "  90 of 100 within", "ms", 3, phase => Percentile(phase, 90)),
        new("latencyP99Ms", "  99 of 100 within", "ms", 3, phase => Percentile(phase, 99)),
        new("latencyP999Ms", "  999 of 1000 within", "ms", 3, phase => Percentile(phase, 99.9)),
        new("latencyMaxMs", "  all within", "ms", 3, phase => Percentile(phase, 100)),
        new("allocatedBytes", "server allocated per message", "B", 0, phase => phase.Messages > 0 ? phase.Runtime?.AllocatedBytes / phase.Messages : null),
        new("collections0", "server collections, generation 0", "", 1, phase => phase.Runtime?.Collections0),
        new("collections1", "  generation 1", "", 1, phase => phase.Runtime?.Collections1),
        new("collections2", "  generation 2", "", 1, phase => phase.Runtime?.Collections2),
        new("collectingPercent", "  stood still for them", "%", 2, phase => phase.Runtime?.PauseSeconds / phase.Elapsed.TotalSeconds * 100),
        new("syscalls", "server system calls per message", "", 2, phase => phase.Messages > 0 ? phase.Syscalls / (double)phase.Messages : null),
        new("voluntarySwitches", "server waits per message", "", 3, phase => PerMessage(phase, one => one.Voluntary)),
        new("involuntarySwitches", "server interrupted per message", "", 3, phase => PerMessage(phase, one => one.Involuntary)),
        new("connections", "idle connections", "", 0, phase => phase.Idle?.Connections),
        new("bytesPerConnection", "server memory per connection", "B", 0, phase => PerConnection(phase.Idle, idle => idle.After.Private - idle.Before.Private)),
        new("collectedBytesPerConnection", "  with all garbage collected", "B", 0, phase => PerConnection(phase.Idle, idle => idle.CollectedAfter.Private - idle.CollectedBefore.Private)),
        new("serverResidentMiB", "server memory", "MiB", 1, phase => phase.Memory?.Resident / (double)(1 << 20)),
        new("serverPrivateMiB", "  its own alone", "MiB", 1, phase => phase.Memory?.Private / (double)(1 << 20)),
    ];

    /// <summary>Those that are compared with the floor's.</summary>
    public static IReadOnlyList<Figure> Compared { get; } =
        [.. All.Where(figure => figure.Name is "messagesPerSecond" or "serverProcessorUs" or "latencyP50Ms" or "latencyP99Ms" or "allocatedBytes" or "bytesPerConnection")];

    /// <summary>The median of several runs, and their extremes; null when none has this number.</summary>
    public (double Median, double Least, double Most)? Over(IEnumerable<PhaseResult> phases)
    {
        var values = phases.Select(Of).OfType<double>().Order().ToList();
        return values.Count == 0 ? null : ((values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2, values[0], values[^1]);
    }

    private static double? PerMessage(PhaseResult phase, Func<Measuring.ProcessReading, double> of) =>
        phase.Server is var (before, after) && phase.Messages > 0 ? (of(after) - of(before)) / phase.Messages : null;

    private static double? PerConnection(IdleMemory? idle, Func<IdleMemory, long> of) => idle is null ? null : of(idle) / (double)idle.Connections;

    private static double? Percentile(PhaseResult phase, double percent) =>
        phase.Latencies is { Count: > 0 } latencies ? latencies.Percentile(percent).TotalMilliseconds : null;
}

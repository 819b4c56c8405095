using System.Diagnostics;
using Hexagram.Bench.Measuring;

namespace Hexagram.Bench.Runs;

/// <summary>Reads what a server's process and this one have used, at the beginning and the end of each measured part of a run.</summary>
internal sealed class PhaseMeter : IAsyncDisposable
{
    /// <summary>So long after it was asked, a runtime has said what it counted.</summary>
    private static readonly TimeSpan CountersDelay = TimeSpan.FromMilliseconds(100);

    private readonly int? _process;
    private readonly bool _countSyscalls;
    private readonly RuntimeCounters? _counters;
    private ProcessReading? _server;
    private ProcessReading _generator;
    private SyscallCount? _syscalls;

    /// <summary>Begins to listen to the runtime, well before anything is measured.</summary>
    public PhaseMeter(Target target, bool countSyscalls)
    {
        _process = OperatingSystem.IsLinux() ? target.Process : null;
        _countSyscalls = countSyscalls;
        _counters = _process is { } process ? RuntimeCounters.Open(process) : null;
    }

    /// <summary>The server's memory now.</summary>
    public ProcessMemory? Memory => _process is { } process ? ProcessMemory.Of(process) : null;

    /// <summary>Has the server collect its garbage.</summary>
    public Task CollectAsync() => _process is { } process ? RuntimeCounters.CollectAsync(process) : Task.CompletedTask;

    /// <summary>A part begins.</summary>
    public void Begin()
    {
        _syscalls = _countSyscalls && _process is { } traced ? SyscallCount.Start(traced) : null;
        _server = Reading();
        _generator = ProcessReading.OfSelf();
    }

    /// <summary>It ends.</summary>
    /// <param name="name">What happened in it.</param>
    /// <param name="messages">How many messages came to where they should.</param>
    /// <param name="latencies">How long they took.</param>
    /// <returns>Gives the result; called when no message is under way any more.</returns>
    public Func<Task<PhaseResult>> End(string name, long messages, Latencies? latencies = null)
    {
        var (server, generator) = (_server, _generator);
        var (serverAfter, generatorAfter) = (Reading(), ProcessReading.OfSelf());
        var memory = Memory;
        var calls = _syscalls;
        calls?.End();
        return async () =>
        {
            await Task.Delay(CountersDelay).ConfigureAwait(false);
            using var counted = calls;
            long? syscalls = counted is null ? null : await counted.ReadAsync().ConfigureAwait(false);
            return new PhaseResult
            {
                Name = name,
                Messages = messages,
                Elapsed = Stopwatch.GetElapsedTime(generator.At, generatorAfter.At),
                Server = server is { } before && serverAfter is { } after ? (before, after) : null,
                Generator = (generator, generatorAfter),
                Memory = memory,
                Runtime = _counters?.Between(generator.At, generatorAfter.At),
                Syscalls = syscalls,
                Latencies = latencies,
            };
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_counters is not null)
        {
            await _counters.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ProcessReading? Reading() => _process is { } process ? ProcessReading.Of(process) : null;
}

using Hexagram.Bench.Measuring;

namespace Hexagram.Bench.Runs;

/// <summary>What one measured part of one run came to.</summary>
public sealed record PhaseResult
{
    /// <summary>What happened in it.</summary>
    public required string Name { get; init; }

    /// <summary>Messages that came to where they should in it; 0 when it is not about messages.</summary>
    public required long Messages { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What the server's process used, before and after; null when it is not known.</summary>
    public (ProcessReading Before, ProcessReading After)? Server { get; init; }

    /// <summary>What this process used.</summary>
    public required (ProcessReading Before, ProcessReading After) Generator { get; init; }

    /// <summary>The server's memory at the end.</summary>
    public ProcessMemory? Memory { get; init; }

    /// <summary>What the server's runtime counted of itself; null when it is not known.</summary>
    public RuntimeUse? Runtime { get; init; }

    /// <summary>How often the server called the system; null when that was not asked.</summary>
    public long? Syscalls { get; init; }

    /// <summary>How the server's memory grew with connections; null when this part is not about that.</summary>
    public IdleMemory? Idle { get; init; }

    /// <summary>How long messages took; null when that was not asked.</summary>
    public Latencies? Latencies { get; init; }
}

/// <summary>The server's memory without and with connections on which nothing happens.</summary>
/// <param name="Connections">How many there were more.</param>
/// <param name="Before">Without them; a few others had been there, so that code was compiled.</param>
/// <param name="After">With them.</param>
/// <param name="CollectedBefore">Without them, after a collection of all garbage.</param>
/// <param name="CollectedAfter">With them, after another.</param>
public sealed record IdleMemory(int Connections, ProcessMemory Before, ProcessMemory After, ProcessMemory CollectedBefore, ProcessMemory CollectedAfter);

/// <summary>One run against one target.</summary>
/// <param name="Target">What was loaded.</param>
/// <param name="Phases">Its measured parts, in their order.</param>
public sealed record RunResult(string Target, IReadOnlyList<PhaseResult> Phases)
{
    /// <summary>The server.</summary>
    public const string Server = "server";

    /// <summary>The same with TLS.</summary>
    public const string ServerWithTls = "server with TLS";

    /// <summary>What moves the packets and does nothing else.</summary>
    public const string Floor = "floor";
}

/// <summary>What came of it all.</summary>
/// <param name="Settings">What was asked for.</param>
/// <param name="Runs">Every run.</param>
/// <param name="Findings">What must not be: more than none, and it has failed.</param>
public sealed record BenchReport(BenchSettings Settings, IReadOnlyList<RunResult> Runs, Load.Findings Findings);

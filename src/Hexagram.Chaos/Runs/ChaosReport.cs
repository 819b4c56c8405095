using Hexagram.Chaos.Faults;
using Hexagram.Checking;

namespace Hexagram.Chaos.Runs;

/// <summary>How often one fault came, and how much it hit.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Times">How often it came and hit something.</param>
/// <param name="Struck">How many processes, connections, packets or writes it hit, all times together.</param>
public sealed record FaultCount(Fault Fault, int Times, long Struck);

/// <summary>What came of a chaos run.</summary>
public sealed record ChaosReport
{
    /// <summary>What was asked for.</summary>
    public required ChaosSettings Settings { get; init; }

    /// <summary>When the run began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long there were messages and faults.</summary>
    public required TimeSpan Trouble { get; init; }

    /// <summary>How long after the last fault everything had arrived; null when not within the bound.</summary>
    public required TimeSpan? Settled { get; init; }

    /// <summary>What the checker decided.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Each chosen fault.</summary>
    public required IReadOnlyList<FaultCount> Faults { get; init; }

    /// <summary>Each time that a fault hit something.</summary>
    public required IReadOnlyList<Strike> Strikes { get; init; }

    /// <summary>What else happened that ought not to, such as a process that ended by itself. The first hundred.</summary>
    public required IReadOnlyList<string> Troubles { get; init; }

    /// <summary>How often a node that had stood still, or apart, ended itself because the others had declared it dead, and was started again.</summary>
    public int DeclaredDead { get; init; }

    /// <summary>Second by second, also those after the faults.</summary>
    public required IReadOnlyList<TimelineSecond> Timeline { get; init; }

    /// <summary>From the call of SendAsync to <i>delivered</i>, faults and all: half of the messages took at most so long.</summary>
    public required TimeSpan P50 { get; init; }

    /// <summary>99 of 100 took at most so long.</summary>
    public required TimeSpan P99 { get; init; }

    /// <summary>The longest.</summary>
    public required TimeSpan Longest { get; init; }

    /// <summary>The chosen faults that never hit anything.</summary>
    public IEnumerable<Fault> Missed => Faults.Where(count => count.Struck == 0).Select(count => count.Fault);

    /// <summary>Nothing was lost, doubled, reordered, untrue or stuck, nothing else went wrong, and every chosen fault really struck.</summary>
    public bool HasPassed => Verdict.IsClean && Troubles.Count == 0 && !Missed.Any() && Verdict.Sent > 0;
}

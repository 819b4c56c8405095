using Hexagram.Processes;

namespace Hexagram.Chaos.Faults;

/// <summary>Where a fault has nothing to strike: it is neither planned there nor missed.</summary>
public static class FaultReach
{
    /// <summary>Whether it can strike clients that speak in at least one of these ways.</summary>
    public static bool Reaches(this Fault fault, IReadOnlyList<Transport> transports) => transports.Any(transport => CanStrike(fault, transport));

    // A request is one write, and nothing follows on its connection before the answer: there are no two to be merged.
    private static bool CanStrike(Fault fault, Transport transport) => (fault, transport) is not (Fault.Merge, Transport.Polling);
}

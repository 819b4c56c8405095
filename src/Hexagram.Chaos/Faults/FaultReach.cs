using Hexagram.Processes;

namespace Hexagram.Chaos.Faults;

/// <summary>Where a fault has nothing to strike: it is neither planned there nor missed.</summary>
public static class FaultReach
{
    /// <summary>Whether it can strike clients that speak in at least one of these ways.</summary>
    public static bool Reaches(this Fault fault, IReadOnlyList<Transport> transports, bool withTls = false) =>
        !(withTls && ChoosesPackets(fault)) && transports.Any(transport => CanStrike(fault, transport));

    // What is encrypted nobody between client and server can look into.
    private static bool ChoosesPackets(Fault fault) =>
        fault is Fault.LoseMsgR or Fault.LoseMsgA or Fault.LoseMsgN or Fault.LoseAckR or Fault.LoseAckA or Fault.LoseAckN;

    // A request is one write, and nothing follows on its connection before the answer: there are no two to be merged.
    private static bool CanStrike(Fault fault, Transport transport) => (fault, transport) is not (Fault.Merge, Transport.Polling);
}

using Hexagram.Processes;

namespace Hexagram.Chaos.Faults;

/// <summary>Where a fault has nothing to strike: it is neither planned there nor missed.</summary>
public static class FaultReach
{
    /// <summary>Those that can strike so many nodes, and clients that speak in these ways.</summary>
    public static IReadOnlyList<Fault> Within(int nodes, IReadOnlyList<Transport> transports, bool withTls) =>
        [.. FaultNames.For(nodes).Where(fault => fault.Reaches(transports, withTls))];

    /// <summary>Whether it can strike clients that speak in at least one of these ways.</summary>
    public static bool Reaches(this Fault fault, IReadOnlyList<Transport> transports, bool withTls = false) =>
        transports.Any(transport => CanStrike(fault, transport, withTls));

    private static bool CanStrike(Fault fault, Transport transport, bool withTls) => fault switch
    {
        // A request is one write, and nothing follows on its connection before the answer: there are no two to be merged.
        Fault.Merge => transport != Transport.Polling,

        // What is encrypted nobody between client and server can look into.
        Fault.LoseMsgR or Fault.LoseMsgA or Fault.LoseMsgN or Fault.LoseAckR or Fault.LoseAckA or Fault.LoseAckN => !withTls,
        _ => true,
    };
}

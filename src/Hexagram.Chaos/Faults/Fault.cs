namespace Hexagram.Chaos.Faults;

/// <summary>What a chaos run does to the processes and to the connections between them.</summary>
public enum Fault
{
    /// <summary>The server dies by SIGKILL and is started again.</summary>
    KillServer,

    /// <summary>The server is stopped by SIGSTOP for a while and goes on: what it held back comes late.</summary>
    StopServer,

    /// <summary>The server is asked to end by SIGTERM and is started again.</summary>
    RestartServer,

    /// <summary>A node hears nothing of the others, nor they of it; clients and the database reach it.</summary>
    IsolateNode,

    /// <summary>Nothing passes between a node and the database; its connections stay open.</summary>
    CutOffDatabase,

    /// <summary>PostgreSQL dies as by a power cut, and is started again.</summary>
    CrashDatabase,

    /// <summary>Redis dies by SIGKILL and is started again.</summary>
    CrashRedis,

    /// <summary>A process of clients dies by SIGKILL and is started again on the same files.</summary>
    KillClient,

    /// <summary>A process of clients is stopped by SIGSTOP for a while and goes on.</summary>
    StopClient,

    /// <summary>A sending device is destroyed with everything on it: what it had been told is accepted must arrive all the same.</summary>
    BurnDevice,

    /// <summary>The clock of a process of clients jumps by hours or days, either way.</summary>
    Clock,

    /// <summary>Connections are closed, with FIN or RST.</summary>
    Cut,

    /// <summary>Connections are closed after so many bytes more, in the middle of a packet.</summary>
    CutMidway,

    /// <summary>Connections stay open and nothing passes for a while.</summary>
    Freeze,

    /// <summary>What passes comes later, by a time that varies.</summary>
    Delay,

    /// <summary>Few bytes pass per second.</summary>
    Throttle,

    /// <summary>Each write carries a few bytes only.</summary>
    Split,

    /// <summary>Many writes come as one.</summary>
    Merge,

    /// <summary>A msg:R is lost with its connection.</summary>
    LoseMsgR,

    /// <summary>A msg:A is lost with its connection.</summary>
    LoseMsgA,

    /// <summary>A msg:N is lost with its connection.</summary>
    LoseMsgN,

    /// <summary>An ack:R is lost with its connection.</summary>
    LoseAckR,

    /// <summary>An ack:A is lost with its connection.</summary>
    LoseAckA,

    /// <summary>An ack:N is lost with its connection.</summary>
    LoseAckN,
}

/// <summary>The faults by the names that people write.</summary>
public static class FaultNames
{
    private static readonly HashSet<Fault> OfClusters = [Fault.IsolateNode, Fault.CutOffDatabase, Fault.CrashDatabase, Fault.CrashRedis];
    private static readonly Dictionary<Fault, string> Names = Enum.GetValues<Fault>().ToDictionary(fault => fault, Spell);

    /// <summary>All names, in the order of the faults.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Fault>().Select(NameOf)];

    /// <summary>What can strike a server of so many nodes.</summary>
    public static IReadOnlyList<Fault> For(int nodes) => [.. Enum.GetValues<Fault>().Where(fault => nodes > 1 || !OfClusters.Contains(fault))];

    /// <summary>Such as <c>kill-server</c>.</summary>
    public static string NameOf(Fault fault) => Names[fault];

    /// <summary>The fault of a name; false when there is none.</summary>
    public static bool TryParse(string name, out Fault fault)
    {
        foreach (var (known, spelt) in Names)
        {
            if (spelt == name)
            {
                fault = known;
                return true;
            }
        }

        fault = default;
        return false;
    }

    private static string Spell(Fault fault) =>
        string.Concat(fault.ToString().Select((letter, place) => char.IsUpper(letter) && place > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}

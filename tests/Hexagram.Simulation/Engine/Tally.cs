using Hexagram.Protocol;

namespace Hexagram.Simulation.Engine;

/// <summary>What can befall a schedule, apart from its packets and the points of <see cref="Loss"/>.</summary>
internal enum Trouble
{
    ConnectionCut,
    HalfOpenConnection,
    DeviceKilled,
    DeviceBurnt,
    DeviceReplaced,
    DeviceRefused,
    DeviceUnknownAtConfirmation,
    NodeKilled,
    NodeFrozen,
    PacketCameAfterThaw,
    PowerLost,
    ConfirmationsUndone,
    SyncFailed,
    DiskStalled,
    HandlerOutlivedItsConnection,
    HandlerOutlivedItsHistory,
    TwoConnectionsOfOneDevice,
    OlderConnectionArrivedLater,
    Superseded,
    ReorderedAcrossConnections,
    HintLost,
    RouterLost,
    RouterUnreachable,
    MailboxFull,
    SenderQuota,
    HeldBehindRetryLater,
    WindowOfOne,
    WindowOfBytesFull,
    SendOnlyDevice,
    LatestDevice,
    ClockDaysOff,
    ClockJumped,
    IdRemadeBeforeTransmission,
    MonthsPassed,
    EntriesForgotten,
    IdsForgotten,
    ReturnedAfterTheHorizon,
    Expired,
    LeftAtServer,
    GapTold,
    Restored,
    RestoredTwice,
    SeenBeforeTheRestore,
    SentAgainAfterRestore,
    Cancelled,
    CancelledTooLate,
    PacketsAsBytes,
}

/// <summary>What can befall a packet.</summary>
internal enum Mishap
{
    /// <summary>It was under way, or was written, when its connection had gone.</summary>
    Lost,

    /// <summary>Part of it arrived, then the connection was cut.</summary>
    Torn,

    /// <summary>Its peer said the same before.</summary>
    Doubled,

    /// <summary>It took at least 50 ms.</summary>
    Delayed,
}

/// <summary>Counts what really struck, so that no kind of trouble is dead code.</summary>
internal sealed class Tally
{
    private static readonly string[] Kinds =
    [
        nameof(MessageRequest), nameof(MessageAcknowledge), nameof(MessageNotify), nameof(AckRequest), nameof(AckAcknowledge), nameof(AckNotify),
        nameof(Hello), nameof(Welcome), nameof(StatusRequest), nameof(StatusAcknowledge), nameof(Error), nameof(Goodbye),
    ];

    private static readonly int Mishaps = Enum.GetValues<Mishap>().Length;

    // Doubled is asked of the six only: the others are questions and answers of one connection.
    private const int Six = 6;

    private readonly long[] _troubles = new long[Enum.GetValues<Trouble>().Length];
    private readonly long[] _losses = new long[Enum.GetValues<Loss>().Length];
    private readonly long[] _packets = new long[Kinds.Length * Mishaps];

    internal void Count(Trouble trouble, int times = 1) => _troubles[(int)trouble] += times;

    internal void Count(Loss loss) => _losses[(int)loss]++;

    internal void Count(Packet packet, Mishap mishap) => _packets[(KindOf(packet) * Mishaps) + (int)mishap]++;

    internal void Add(Tally other)
    {
        Add(_troubles, other._troubles);
        Add(_losses, other._losses);
        Add(_packets, other._packets);
    }

    /// <summary>What never struck.</summary>
    internal IEnumerable<string> Missing => All.Where(one => one.Count == 0).Select(one => one.Name);

    /// <summary>Lines of names and counts.</summary>
    internal IEnumerable<string> Lines =>
    [
        "troubles: " + Join(Troubles),
        "losses: " + Join(Losses),
        .. Kinds.Select((kind, n) => $"{kind}: " + Join(Packets(n))),
    ];

    private IEnumerable<(string Name, long Count)> All =>
        [.. Troubles, .. Losses, .. Kinds.SelectMany((kind, n) => Packets(n).Select(one => ($"{kind} {one.Name}", one.Count)))];

    private IEnumerable<(string Name, long Count)> Troubles => Enum.GetValues<Trouble>().Select(t => ($"{t}", _troubles[(int)t]));

    private IEnumerable<(string Name, long Count)> Losses => Enum.GetValues<Loss>().Select(l => ($"{l}", _losses[(int)l]));

    private IEnumerable<(string Name, long Count)> Packets(int kind) => Enum.GetValues<Mishap>()
        .Where(mishap => mishap != Mishap.Doubled || kind < Six)
        .Select(mishap => ($"{mishap}", _packets[(kind * Mishaps) + (int)mishap]));

    private static string Join(IEnumerable<(string Name, long Count)> counts) =>
        string.Join(", ", counts.Select(one => FormattableString.Invariant($"{one.Name} {one.Count:N0}")));

    private static void Add(long[] sum, long[] more)
    {
        for (var n = 0; n < sum.Length; n++)
        {
            sum[n] += more[n];
        }
    }

    private static int KindOf(Packet packet) => packet switch
    {
        MessageRequest => 0,
        MessageAcknowledge => 1,
        MessageNotify => 2,
        AckRequest => 3,
        AckAcknowledge => 4,
        AckNotify => 5,
        Hello => 6,
        Welcome => 7,
        StatusRequest => 8,
        StatusAcknowledge => 9,
        Error => 10,
        Goodbye => 11,
        _ => throw new ArgumentOutOfRangeException(nameof(packet), packet.GetType().Name, "The simulation does not count packets of this kind."),
    };
}

namespace Hexagram.Chaos.Proxy;

/// <summary>Counts while the proxy runs. Thread-safe.</summary>
internal sealed class ProxyTally
{
    private static readonly PacketKind[] PacketKinds = Enum.GetValues<PacketKind>();
    private static readonly FaultKind[] FaultKinds = Enum.GetValues<FaultKind>();

    private readonly long[] _toServer = new long[PacketKinds.Length];
    private readonly long[] _toClient = new long[PacketKinds.Length];
    private readonly long[] _faults = new long[FaultKinds.Length];
    private long _connections;
    private long _refused;
    private long _bytesToServer;
    private long _bytesToClient;

    public void Connected() => Interlocked.Increment(ref _connections);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Forwarded(Ways way, int bytes) => Interlocked.Add(ref way == Ways.ToServer ? ref _bytesToServer : ref _bytesToClient, bytes);

    public void Passed(Ways way, PacketKind kind) => Interlocked.Increment(ref (way == Ways.ToServer ? _toServer : _toClient)[(int)kind]);

    public void Struck(FaultKind fault, int times = 1) => Interlocked.Add(ref _faults[(int)fault], times);

    public ProxyCounters Read()
    {
        var packets = new Dictionary<(Ways, PacketKind), long>();
        foreach (var kind in PacketKinds)
        {
            packets[(Ways.ToServer, kind)] = Interlocked.Read(ref _toServer[(int)kind]);
            packets[(Ways.ToClient, kind)] = Interlocked.Read(ref _toClient[(int)kind]);
        }

        return new ProxyCounters(
            Interlocked.Read(ref _connections),
            Interlocked.Read(ref _refused),
            Interlocked.Read(ref _bytesToServer),
            Interlocked.Read(ref _bytesToClient),
            packets,
            FaultKinds.ToDictionary(fault => fault, fault => Interlocked.Read(ref _faults[(int)fault])));
    }
}

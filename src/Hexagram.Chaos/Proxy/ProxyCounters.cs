namespace Hexagram.Chaos.Proxy;

/// <summary>What a <see cref="FaultProxy"/> has seen and done until one moment.</summary>
/// <param name="Connections">Connections that were forwarded to a server.</param>
/// <param name="Refused">Connections that were closed because no server answered.</param>
/// <param name="BytesToServer">Bytes that were forwarded to the server.</param>
/// <param name="BytesToClient">Bytes that were forwarded to clients.</param>
/// <param name="Packets">Packets of which at least the beginning was forwarded, by direction and kind.</param>
/// <param name="Faults">How often each fault really struck; every kind is there.</param>
public sealed record ProxyCounters(
    long Connections,
    long Refused,
    long BytesToServer,
    long BytesToClient,
    IReadOnlyDictionary<(Ways Way, PacketKind Kind), long> Packets,
    IReadOnlyDictionary<FaultKind, long> Faults);

namespace Hexagram.Protocol.Tests.Codec;

/// <summary>Equal content: records compare their lists by reference, tests do not.</summary>
internal sealed class PacketEquality : IEqualityComparer<Packet>
{
    internal static readonly PacketEquality Instance = new();

    public bool Equals(Packet? left, Packet? right) => (left, right) switch
    {
        (AckNotify a, AckNotify b) => a.Ids.SequenceEqual(b.Ids) && a == b with { Ids = a.Ids },
        (StatusRequest a, StatusRequest b) => a.Ids.SequenceEqual(b.Ids) && a == b with { Ids = a.Ids },
        (StatusAcknowledge a, StatusAcknowledge b) => a.Statuses.SequenceEqual(b.Statuses) && a == b with { Statuses = a.Statuses },
        _ => left == right,
    };

    public int GetHashCode(Packet packet) => packet.GetType().GetHashCode();
}

using Hexagram.Chaos.Proxy;
using Hexagram.Protocol;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>What one application and its proxy have seen since a moment.</summary>
internal sealed class Watch(Application application)
{
    private readonly int _said = application.Said.Count();
    private readonly ProxyCounters _before = application.Proxy.Counters;

    /// <summary>The packets of one kind that the client has sent or received, in their order: what each is about.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Packets<T>()
        where T : Packet =>
        [.. application.Said.Skip(_said).Where(one => one.Word == Spoken.Packet && one.Details[1] == typeof(T).Name).Select(one => (IReadOnlyList<string>)[.. one.Details.Skip(2)])];

    /// <summary>How many of a kind.</summary>
    public int Count<T>()
        where T : Packet => Packets<T>().Count;

    /// <summary>How many packets of a kind have passed the proxy, that is, were not lost.</summary>
    public long Passed(PacketKind kind)
    {
        var now = application.Proxy.Counters;
        return Since((Ways.ToServer, kind)) + Since((Ways.ToClient, kind));

        long Since((Ways, PacketKind) key) => now.Packets[key] - _before.Packets[key];
    }

    /// <summary>How often a fault has struck.</summary>
    public long Struck(FaultKind fault) => application.Proxy.Counters.Faults[fault] - _before.Faults[fault];
}

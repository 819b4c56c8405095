using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Hexagram.Protocol;
using Hexagram.Server.Cluster;
using Orleans.Runtime;

namespace Hexagram.Server.Router;

/// <summary>
/// From a session's address to the session: here, or on another node as long as that lives. Thread-safe.
/// </summary>
internal sealed class SessionDirectory(ILocalSiloDetails silo, OtherNodes? others = null)
{
    private readonly ConcurrentDictionary<long, ISessionPost> _sessions = new();
    private long _last;
    private int _count;
    private int _routers;

    /// <summary>This node, by the name that the cluster knows it by.</summary>
    public string Node { get; } = silo.SiloAddress.ToParsableString();

    /// <summary>Sessions of this node that can be found.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Routers of users in memory on this node.</summary>
    public int Routers => Volatile.Read(ref _routers);

    /// <summary>A router has come into memory, or gone from it.</summary>
    public void CountRouter(int change) => Interlocked.Add(ref _routers, change);

    /// <summary>A new address on this node.</summary>
    public SessionAddress NewAddress() => AddressOf(Interlocked.Increment(ref _last));

    /// <summary>The address on this node that has this number.</summary>
    public SessionAddress AddressOf(long number) => new(Node, number);

    public void Add(SessionAddress address, ISessionPost session)
    {
        _sessions[address.Number] = session;
        Interlocked.Increment(ref _count);
    }

    public void Remove(SessionAddress address)
    {
        if (_sessions.TryRemove(address.Number, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Whether it is a session of this node, and has not ended.</summary>
    public bool Holds(SessionAddress address) => address.Node == Node && _sessions.ContainsKey(address.Number);

    /// <summary>Whether a session of another node still lives only that node knows: it is found as long as its node is.</summary>
    public bool TryFind(SessionAddress address, UserId user, [NotNullWhen(true)] out ISessionPost? session)
    {
        if (address.Node == Node)
        {
            return _sessions.TryGetValue(address.Number, out session);
        }

        session = others is not null && others.TryFind(address.Node, out var route) ? new RemoteSession(route, user, address.Number) : null;
        return session is not null;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;

namespace Hexagram.Server.Router;

/// <summary>
/// From a session's address to the session. It knows those of its own node; one of another node is not found, and what was meant for it
/// is left to that node's heartbeat. Thread-safe.
/// </summary>
internal sealed class SessionDirectory(ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<long, ISessionPost> _sessions = new();
    private readonly string _node = silo.SiloAddress.ToParsableString();
    private long _last;
    private int _count;
    private int _routers;

    /// <summary>Sessions that can be found here.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Routers of users in memory on this node.</summary>
    public int Routers => Volatile.Read(ref _routers);

    /// <summary>A router has come into memory, or gone from it.</summary>
    public void CountRouter(int change) => Interlocked.Add(ref _routers, change);

    /// <summary>A new address on this node.</summary>
    public SessionAddress NewAddress() => new(_node, Interlocked.Increment(ref _last));

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

    public bool TryFind(SessionAddress address, [NotNullWhen(true)] out ISessionPost? session)
    {
        session = null;
        return address.Node == _node && _sessions.TryGetValue(address.Number, out session);
    }
}

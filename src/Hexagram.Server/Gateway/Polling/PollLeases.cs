using System.Collections.Concurrent;
using Hexagram.Protocol;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;

namespace Hexagram.Server.Gateway.Polling;

/// <summary>The leases of this node, by connection. Thread-safe.</summary>
/// <remarks>
/// Another node may serve the next poll of the same connection: it makes a lease of its own, which the router takes in place of this one, and this one
/// ends with what it has kept.
/// </remarks>
internal sealed class PollLeases(SessionDirectory directory, UserRoutes routes, ServerOptions options, ServerClock clock)
{
    private readonly ConcurrentDictionary<Connection, PollLease> _leases = new();

    /// <summary>One connection of a device.</summary>
    private readonly record struct Connection(UserId User, DeviceId Device, ConnectionNumber Number);

    /// <summary>Devices that poll at the moment, between two polls too.</summary>
    public int Count => _leases.Count;

    /// <summary>A moment, for <see cref="IsRunOut"/>.</summary>
    internal long Now => clock.Time.GetTimestamp();

    /// <summary>A poll begins: from now on it is brought what is live. Null when there are as many devices that poll as there may be sessions.</summary>
    public PollLease? Enter(UserId user, Hello hello, Session session)
    {
        var connection = new Connection(user, hello.Device, hello.Connection);
        while (true)
        {
            if (!_leases.TryGetValue(connection, out var lease))
            {
                if (_leases.Count >= options.Bounds.SessionsMax)
                {
                    return null;
                }

                lease = Add(connection);
            }

            if (lease.TryEnter(session, hello.Window > 0))
            {
                return lease;
            }

            Remove(lease);
        }
    }

    /// <summary>Ends the leases whose time is over.</summary>
    public void Tick()
    {
        foreach (var lease in _leases.Values)
        {
            lease.Tick();
        }
    }

    internal bool IsRunOut(long leftAt) => clock.Time.GetElapsedTime(leftAt) >= options.Polling.Lease;

    internal void Remove(PollLease lease)
    {
        var record = lease.Record;
        _leases.TryRemove(new KeyValuePair<Connection, PollLease>(new(lease.User, record.Device, record.Connection), lease));
        directory.Remove(record.Address);
    }

    internal void Unregister(PollLease lease) => routes.Unregister(lease.User, lease.Record.Address);

    private PollLease Add(Connection connection)
    {
        // To be found before the router can know of it: what it does not find, it forgets.
        var lease = new PollLease(this, connection.User, new SessionRecord(directory.NewAddress(), connection.Device, connection.Number, Receiving: false) { Polls = true });
        directory.Add(lease.Record.Address, lease);
        var known = _leases.GetOrAdd(connection, lease);
        if (known != lease)
        {
            directory.Remove(lease.Record.Address);
        }

        return known;
    }
}

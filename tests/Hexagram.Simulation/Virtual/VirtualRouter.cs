using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>What became of a session's registration.</summary>
internal enum Registration
{
    Registered,
    Superseded,
    Unreachable,
}

/// <summary>
/// Who is online, across all nodes: one grain per user, each at home on one node and lost with it. Soft state: every call is a hint that may come late,
/// and between nodes never.
/// </summary>
internal sealed class VirtualRouter(World world, Canary canary)
{
    private readonly Dice _dice = world.Dice.Fork(2);
    private readonly Dictionary<UserId, Grain> _grains = [];

    /// <summary>All nodes.</summary>
    internal IReadOnlyList<VirtualNode> Nodes { get; set; } = [];

    /// <summary>How likely a hint between two nodes is lost.</summary>
    internal double HintLoss { get; set; }

    /// <summary>Of two sessions of one device the higher connection number stays.</summary>
    internal Registration Register(VirtualNode from, VirtualSession session)
    {
        if (Reach(from, session.User) is not { } grain)
        {
            return Registration.Unreachable;
        }

        foreach (var other in grain.Sessions.Where(s => s != session && s.Device == session.Device && s.IsLive).ToList())
        {
            var staysBehind = canary == Canary.OlderConnectionWins ? other.Connection > session.Connection : other.Connection < session.Connection;
            if (!staysBehind)
            {
                return Registration.Superseded;
            }

            world.Tally.Count(Trouble.Superseded);
            grain.Sessions.Remove(other);
            Call(from, other, () => other.End(ErrorCode.Superseded));
        }

        if (!grain.Sessions.Contains(session))
        {
            grain.Sessions.Add(session);
        }

        return Registration.Registered;
    }

    /// <summary>The heartbeat says again that this session is there.</summary>
    internal void Keep(VirtualNode from, VirtualSession session)
    {
        if (session.IsLive && session.IsOpen && Register(from, session) == Registration.Superseded)
        {
            session.End(ErrorCode.Superseded);
        }
    }

    internal void Unregister(VirtualSession session)
    {
        if (_grains.TryGetValue(session.User, out var grain))
        {
            grain.Sessions.Remove(session);
        }
    }

    /// <summary>Tells the recipient's sessions of an entry.</summary>
    /// <returns>Whether a receiving session was known; null when nobody can say.</returns>
    internal bool? Notify(VirtualNode from, UserId user, Entry entry, bool again)
    {
        if (Reach(from, user) is not { } grain)
        {
            return null;
        }

        var receiving = false;
        foreach (var session in grain.Sessions.Where(s => s.IsLive && s.IsReceiving).ToList())
        {
            receiving = true;
            Call(from, session, () => session.Hinted(entry, again));
        }

        return receiving;
    }

    /// <summary>Tells the sender's sessions that its messages are delivered.</summary>
    internal void Report(VirtualNode from, UserId sender, AckNotify report)
    {
        foreach (var session in Reach(from, sender)?.Sessions.ToList() ?? [])
        {
            Call(from, session, () => session.Report(report));
        }
    }

    /// <summary>
    /// The user's grain. With its node it is lost, and made anew elsewhere without a memory; while its node is stopped, calls are lost until somebody
    /// takes the node for dead.
    /// </summary>
    private Grain? Reach(VirtualNode from, UserId user)
    {
        if (!_grains.TryGetValue(user, out var grain))
        {
            _grains.Add(user, grain = new Grain(from));
        }

        if (!grain.Home.IsUp || (grain.Home.IsFrozen && _dice.Chance(0.5)))
        {
            world.Tally.Count(Trouble.RouterLost);
            grain.Home = from;
            grain.Sessions.Clear();
        }

        if (grain.Home.IsFrozen)
        {
            world.Tally.Count(Trouble.RouterUnreachable);
            return null;
        }

        return grain;
    }

    private void Call(VirtualNode from, VirtualSession session, Action action)
    {
        if (session.Node == from)
        {
            action();
        }
        else if (_dice.Chance(HintLoss))
        {
            world.Tally.Count(Trouble.HintLost);
        }
        else
        {
            session.Node.Later(_dice.Between(0, 20), action);
        }
    }

    private sealed class Grain(VirtualNode home)
    {
        internal VirtualNode Home { get; set; } = home;

        internal List<VirtualSession> Sessions { get; } = [];
    }
}

using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>Who is online, across all nodes. Soft state: every call is a hint that may come late, and between nodes never.</summary>
internal sealed class VirtualRouter(World world)
{
    private readonly List<VirtualSession> _sessions = [];

    /// <summary>How likely a hint between two nodes is lost.</summary>
    internal double HintLoss { get; set; }

    /// <summary>Of two sessions of one device the higher connection number stays.</summary>
    internal bool Register(VirtualSession session)
    {
        foreach (var other in _sessions.Where(s => s.User == session.User && s.Device == session.Device).ToList())
        {
            if (other.Connection >= session.Connection)
            {
                return false;
            }

            other.End(ErrorCode.Superseded);
        }

        _sessions.Add(session);
        return true;
    }

    internal void Unregister(VirtualSession session) => _sessions.Remove(session);

    /// <summary>Tells the recipient's sessions of an entry.</summary>
    /// <returns>Whether a receiving session was known.</returns>
    internal bool Notify(VirtualNode from, UserId user, Entry entry, bool again)
    {
        var sessions = Of(user);
        foreach (var session in sessions)
        {
            Hint(from, session, () => session.Hinted(entry, again));
        }

        return sessions.Count > 0;
    }

    internal void Report(VirtualNode from, UserId sender, UserId by, IReadOnlyList<MessageId> ids, MessageState state)
    {
        foreach (var session in Of(sender))
        {
            Hint(from, session, () => session.Send(new AckNotify(by, ids, state)));
        }
    }

    private List<VirtualSession> Of(UserId user) => _sessions.FindAll(s => s.User == user);

    private void Hint(VirtualNode from, VirtualSession session, Action action)
    {
        if (session.Node == from || !world.Chance(HintLoss))
        {
            session.Node.Later(session.Node == from ? TimeSpan.Zero : world.Between(0, 20), action);
        }
    }
}

using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// One server process: sessions and nothing worth saving. It may die between any two events; what it had promised
/// to do <see cref="Later"/> then never happens.
/// </summary>
internal sealed class VirtualNode(World world, VirtualStore store, VirtualRouter router, Canary canary, string name)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);

    private readonly List<VirtualSession> _sessions = [];
    private int _life;

    internal bool IsUp { get; private set; }

    internal VirtualStore Store => store;

    internal VirtualRouter Router => router;

    internal Canary Canary => canary;

    internal void Start()
    {
        IsUp = true;
        _life++;
        world.Trace($"{name} starts");
        Later(Heartbeat, Compare);
    }

    internal void Die()
    {
        IsUp = false;
        _life++;
        world.Trace($"{name} dies");
        store.Forget(this);
        foreach (var session in _sessions.ToList())
        {
            session.NodeDied();
        }

        _sessions.Clear();
    }

    /// <summary>Dies here if the schedule says so, and starts again soon.</summary>
    internal bool DiesAt(Loss point)
    {
        if (!world.Losses.Strikes(point))
        {
            return false;
        }

        Die();
        world.After(world.Between(100, 2_000), Start);
        return true;
    }

    /// <summary>Runs <paramref name="action"/> after a delay unless the process has died by then.</summary>
    internal void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        world.After(delay, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }

    internal void Accept(Link link) => _sessions.Add(new VirtualSession(world, this, link));

    internal void Remove(VirtualSession session) => _sessions.Remove(session);

    /// <summary>The heartbeat asks the store, not the router: what a lost hint left out is filled here.</summary>
    private void Compare()
    {
        foreach (var session in _sessions.ToList())
        {
            if (canary != Canary.BacklogBeforeLive)
            {
                session.Compare();
            }
        }

        Later(Heartbeat, Compare);
    }
}

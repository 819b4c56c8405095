using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// One server process: sessions and nothing worth saving. It may die between any two events; what it had promised
/// to do <see cref="Later"/> then never happens. It may also be stopped and continued: then all of it happens late.
/// </summary>
internal sealed class VirtualNode(World world, VirtualStore store, VirtualRouter router, Canary canary, int number)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    private readonly List<VirtualSession> _sessions = [];
    private readonly Queue<Action> _frozen = new();
    private int _life;

    internal string Name => $"node{number}";

    internal Dice Dice { get; } = world.Dice.Fork(100 + number);

    internal bool IsUp { get; private set; }

    internal bool IsFrozen { get; private set; }

    internal VirtualStore Store => store;

    internal VirtualRouter Router => router;

    internal Canary Canary => canary;

    internal World World => world;

    internal void Start()
    {
        if (IsUp)
        {
            return;
        }

        IsUp = true;
        _life++;
        world.Trace($"{Name} starts");
        Later(Heartbeat, Beat);
    }

    /// <summary>Dies. Killed, what it has written still leaves its machine; without power it does not.</summary>
    internal void Die(bool withItsMachine)
    {
        if (!IsUp)
        {
            return;
        }

        IsUp = false;
        IsFrozen = false;
        _frozen.Clear();
        _life++;
        world.Trace($"{Name} dies");
        world.Tally.Count(Trouble.NodeKilled);
        store.Drop(this);
        foreach (var session in _sessions.ToList())
        {
            session.NodeDied(withItsMachine);
        }

        _sessions.Clear();
    }

    /// <summary>Its store cannot be written any more: Goodbye to everybody, and the end of the process.</summary>
    internal void StoreFailed()
    {
        foreach (var session in _sessions.ToList())
        {
            session.End(ErrorCode.StoreUnavailable);
        }

        Die(withItsMachine: false);
        world.After(Dice.Between(100, 3_000), Start);
    }

    /// <summary>Dies here if the schedule says so, and starts again soon.</summary>
    internal bool DiesAt(Loss point)
    {
        if (!world.Losses.Strikes(point))
        {
            return false;
        }

        DieOf(point);
        return true;
    }

    /// <inheritdoc cref="DiesAt"/>
    internal void DieOf(Loss point)
    {
        world.Tally.Count(point);
        Die(Dice.Chance(0.5));
        world.After(Dice.Between(100, 2_000), Start);
    }

    /// <summary>The process is stopped (SIGSTOP): its sockets stay open and it does nothing, until it is continued.</summary>
    internal void Freeze(TimeSpan time)
    {
        if (!IsUp || IsFrozen)
        {
            return;
        }

        IsFrozen = true;
        world.Trace($"{Name} is stopped for {time}");
        world.Tally.Count(Trouble.NodeFrozen);
        var life = _life;
        if (time > SilenceMax)
        {
            // Its peers hear nothing, not even Pong.
            foreach (var session in _sessions.ToList())
            {
                world.After(SilenceMax - Dice.Between(0, 20_000), session.PeerHearsNothing);
            }
        }

        world.After(time, () =>
        {
            if (life == _life)
            {
                Thaw();
            }
        });
    }

    /// <summary>The process is continued: what had come meanwhile is read now.</summary>
    internal void Thaw()
    {
        if (!IsFrozen)
        {
            return;
        }

        IsFrozen = false;
        world.Trace($"{Name} is continued");
        var life = _life;
        while (life == _life && !IsFrozen && _frozen.TryDequeue(out var action))
        {
            action();
        }

        store.Continue();
    }

    /// <summary>Runs <paramref name="action"/> after a delay unless the process has died by then; late if it is stopped.</summary>
    internal void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        world.After(delay, () =>
        {
            if (life == _life)
            {
                WhenRunning(action);
            }
        });
    }

    internal void WhenRunning(Action action)
    {
        if (IsFrozen)
        {
            _frozen.Enqueue(action);
        }
        else
        {
            action();
        }
    }

    internal void Accept(Link link) => _sessions.Add(new VirtualSession(world, this, link));

    internal void Remove(VirtualSession session) => _sessions.Remove(session);

    /// <summary>The heartbeat asks the store, not the router: what a lost hint left out is filled here, and what a router has forgotten is told it again.</summary>
    private void Beat()
    {
        foreach (var session in _sessions.ToList())
        {
            router.Keep(this, session);
            if (canary is not (Canary.BacklogBeforeLive or Canary.CursorSkipsHole))
            {
                session.Compare();
            }
        }

        Later(Heartbeat, Beat);
    }
}

using Hexagram.Delivery;
using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Virtual;

namespace Hexagram.Simulation.Engine;

/// <summary>
/// One random schedule: people who write to each other for a minute while everything around them fails, then half an
/// hour of peace in which everything must arrive.
/// </summary>
internal sealed class Schedule
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(30);

    private readonly World _world;
    private readonly VirtualStore _store;
    private readonly VirtualRouter _router;
    private readonly History _history;
    private readonly List<VirtualNode> _nodes = [];
    private readonly List<VirtualDevice> _devices = [];

    private Schedule(int seed, Canary canary, Action<string>? tracer)
    {
        _world = new World(seed) { Tracer = tracer };
        var random = _world.Random;
        _history = new History(_world);
        _store = new VirtualStore(_world, canary, unconfirmedMax: random.Next(3) == 0 ? random.Next(1, 6) : 1_000);
        _router = new VirtualRouter(_world) { HintLoss = random.Next(2) * 0.3 };
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            _nodes.Add(new VirtualNode(_world, _store, _router, canary, $"node{n}"));
        }

        for (var user = random.Next(2, 4); user > 0; user--)
        {
            for (var device = random.Next(1, 3); device > 0; device--)
            {
                _devices.Add(new VirtualDevice(_world, _nodes, _store, _history, canary, new UserId($"user{user}"), $"user{user}.device{device}")
                {
                    Window = random.Next(1, 6),
                });
            }
        }
    }

    /// <summary>Runs the schedule of a seed and says what was wrong with it.</summary>
    internal static History Run(int seed, Canary canary = Canary.None, Action<string>? tracer = null)
    {
        var schedule = new Schedule(seed, canary, tracer);
        try
        {
            schedule.Run();
        }
        catch (Exception exception) when (exception is InvariantException or ArgumentException or InvalidOperationException)
        {
            // A defect that throws is a finding like any other: its seed is what matters.
            schedule._history.Fault($"threw: {exception.Message}\n{exception.StackTrace}");
        }

        return schedule._history;
    }

    private void Run()
    {
        _nodes.ForEach(n => n.Start());
        _devices.ForEach(d => d.Start());
        _store.Backup();
        for (var n = _world.Random.Next(5, 40); n > 0; n--)
        {
            var device = Any(_devices);
            var to = Any(_devices).User;
            _world.After(SomeTime(), () => device.Send(to));
        }

        for (var n = _world.Random.Next(0, 12); n > 0; n--)
        {
            _world.After(SomeTime(), Disturb);
        }

        _world.RunUntil(Trouble);
        _router.HintLoss = 0;
        foreach (var node in _nodes.Where(n => !n.IsUp))
        {
            node.Start();
        }

        _devices.ForEach(d => d.Start());
        _world.Trace($"peace");
        _world.RunUntil(Trouble + Peace, () => _history.Faults.Count > 0 || Converged());
        Judge();
    }

    private void Disturb()
    {
        switch (_world.Random.Next(9))
        {
            case 0 or 1:
                Any(_devices).CutLink();
                break;
            case 2 or 3:
                var device = Any(_devices);
                device.Die();
                _world.After(_world.Between(1, 20_000), device.Start);
                break;
            case 4 or 5:
                var node = Any(_nodes);
                node.Die();
                _world.After(_world.Between(1, 5_000), () => StartAgain(node));
                break;
            case 6:
                Any(_devices).ConnectAnew();
                break;
            case 7:
                Any(_devices).CancelOne();
                break;
            case 8 when _world.Chance(0.5):
                _store.Backup();
                break;
            case 8:
                _nodes.ForEach(n => n.Die());
                _store.Restore();
                _nodes.ForEach(n => _world.After(_world.Between(1, 3_000), () => StartAgain(n)));
                break;
        }
    }

    private static void StartAgain(VirtualNode node)
    {
        if (!node.IsUp)
        {
            node.Start();
        }
    }

    private bool Converged() => _devices.TrueForAll(d => d.HasNothingWaiting) && !Missing().Any();

    /// <summary>
    /// What should have been handled and was not. A restore may take a message from a second device once the first has
    /// confirmed it, for then its sender has let it go.
    /// </summary>
    private IEnumerable<string> Missing()
    {
        foreach (var message in _history.All.Where(m => !m.MayBeMissing))
        {
            var recipients = _devices.FindAll(d => d.User == message.To);
            var missing = recipients.FindAll(d => !_history.Handled(d.Name, message));
            if (_store.Restores > 0 ? missing.Count == recipients.Count : missing.Count > 0)
            {
                yield return $"{message.Text} at {string.Join(", ", missing.Select(d => d.Name))}";
            }
        }
    }

    private void Judge()
    {
        if (_history.Faults.Count > 0)
        {
            return;
        }

        foreach (var missing in Missing())
        {
            _history.Fault($"lost: {missing}");
        }

        foreach (var device in _devices.Where(d => !d.HasNothingWaiting))
        {
            _history.Fault($"stuck: the outbox of {device.Name} is not empty");
        }
    }

    private TimeSpan SomeTime() => _world.Between(0, (int)Trouble.TotalMilliseconds - 1);

    private T Any<T>(List<T> items) => items[_world.Random.Next(items.Count)];
}

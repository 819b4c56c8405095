using Hexagram.Protocol;
using Hexagram.Simulation.Checking;
using Hexagram.Simulation.Virtual;

namespace Hexagram.Simulation.Engine;

/// <summary>Everybody and everything in one schedule.</summary>
internal sealed class Stage
{
    private readonly Settings _settings;
    private readonly DeviceSurroundings _surroundings;
    private readonly Dice _dice;
    private readonly List<VirtualDevice> _devices = [];
    private readonly List<VirtualNode> _nodes = [];

    internal Stage(World world, Settings settings, Canary canary)
    {
        World = world;
        _settings = settings;
        _dice = world.Dice.Fork(3);
        Ledger = new Ledger(world);
        Store = new VirtualStore(world, Ledger, canary, new StoreHabits(settings.Limits, settings.Forgetting, settings.HasSlowDisk))
        {
            Failed = () => _nodes.ForEach(node => node.StoreFailed()),
        };
        Router = new VirtualRouter(world, canary) { HintLoss = settings.HintLoss };
        for (var n = 1; n <= settings.Nodes; n++)
        {
            _nodes.Add(new VirtualNode(world, Store, Router, canary, n));
        }

        _surroundings = new DeviceSurroundings(world, _nodes, Store, Ledger, canary, new NetworkHabits(settings.HasSlowNetwork, settings.CarriesBytes));
        for (var user = 0; user < settings.Users; user++)
        {
            AddDevice(User(user), settings.Window, StreamStart.Oldest);
        }

        foreach (var (user, window, start) in settings.FurtherDevices)
        {
            AddDevice(User(user), window, start);
        }
    }

    internal World World { get; }

    internal VirtualStore Store { get; }

    internal VirtualRouter Router { get; }

    internal Ledger Ledger { get; }

    internal IReadOnlyList<VirtualDevice> Devices => _devices;

    /// <summary>Everybody has everything, and nobody waits, but for what can reach nobody.</summary>
    internal bool HasSettled => _devices.TrueForAll(device => device.IsGone
        || (device.IsUp && !device.IsCalled && device.HasHandledAll && device.Waiting.All(message => !IsReachable(message.To))));

    internal UserId User(int number) => new($"user{number % _settings.Users}");

    internal VirtualDevice Device(int number) => _devices[number % _devices.Count];

    internal VirtualNode Node(int number) => _nodes[number % _nodes.Count];

    internal VirtualDevice AddDevice(UserId user, int window, StreamStart start)
    {
        var number = _devices.Count;
        var habits = _settings.Habits(number, window, start);
        Count(habits);
        var device = new VirtualDevice(_surroundings, habits, user, number);
        _devices.Add(device);
        return device;
    }

    internal void StartAll()
    {
        foreach (var node in _nodes)
        {
            node.Start();
        }

        _devices.ForEach(device => device.Start());
    }

    /// <summary>From here on nothing happens that should not.</summary>
    internal void MakePeace()
    {
        World.Trace($"peace");
        World.Losses.Disarm();
        Store.SyncFails = false;
        Router.HintLoss = 0;
        _nodes.ForEach(node => node.Thaw());
        StartAll();
        Ledger.History.FaultsEnded(World.Now);
    }

    internal void StopServers(bool withTheirMachines) => _nodes.ForEach(node => node.Die(withTheirMachines));

    internal void StartServersSoon()
    {
        foreach (var node in _nodes)
        {
            World.After(_dice.Between(1, 3_000), node.Start);
        }
    }

    /// <summary>A long time passes, and the store forgets what it may.</summary>
    internal void PassTime(TimeSpan time)
    {
        World.Trace($"{time.TotalDays} days pass");
        World.Tally.Count(Trouble.MonthsPassed);
        World.Lapse(time);
        Store.Forget();
        // Backups are younger than months: marks of what was seen need not reach further back than the horizon.
        Store.Backup();
    }

    internal void SwitchOff(TimeSpan time, VirtualDevice away, TimeSpan awayLonger)
    {
        _devices.ForEach(device => device.Die(withItsMachine: false));
        StopServers(withTheirMachines: false);
        PassTime(time);
        StartServersSoon();
        foreach (var device in _devices)
        {
            var extra = device == away ? awayLonger : TimeSpan.Zero;
            World.After(_dice.Between(1, 10_000) + extra, device.Start);
        }

        if (time > Store.Forgetting.Horizon && !away.IsGone)
        {
            World.Tally.Count(Trouble.ReturnedAfterTheHorizon);
        }

        // What the others have confirmed meanwhile may be forgotten before the last comes back.
        World.After(awayLonger, Store.Forget);
    }

    /// <summary>Writes down what waits, and what need not be anywhere.</summary>
    internal void WriteDownTheEnd()
    {
        if (Store.Restores > 0)
        {
            Ledger.ExcuseLetGo();
        }

        foreach (var device in _devices.Where(device => !device.IsGone))
        {
            foreach (var message in device.Waiting)
            {
                if (IsReachable(message.To))
                {
                    Ledger.Waiting(message.Body);
                }
                else
                {
                    Ledger.Excused(message.Body);
                }
            }
        }
    }

    /// <summary>Whether some device of the user is still there to which everything comes that was ever sent to it.</summary>
    private bool IsReachable(UserId user) => _devices.Exists(device => device.User == user && device.IsRefuge);

    private void Count(DeviceHabits habits)
    {
        if (habits.Window == 0)
        {
            World.Tally.Count(Trouble.SendOnlyDevice);
        }

        if (habits.Window == 1)
        {
            World.Tally.Count(Trouble.WindowOfOne);
        }

        if (habits.Start == StreamStart.Latest)
        {
            World.Tally.Count(Trouble.LatestDevice);
        }

        if (habits.ClockSkew != TimeSpan.Zero)
        {
            World.Tally.Count(Trouble.ClockDaysOff);
        }
    }
}

using Hexagram.Checking;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation.Virtual;

/// <summary>
/// A client process on a device: its connections and its disk, around the shells of outbox and inbox. It may die between any two events and
/// starts again from its disk.
/// </summary>
internal sealed class VirtualDevice
{
    private static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(30);

    private readonly DeviceSurroundings _surroundings;
    private readonly World _world;
    private readonly VirtualSender _sender;
    private readonly VirtualReceiver _receiver;
    private Link? _link;
    private TimeSpan _diskFree;
    private TimeSpan _hearing;
    private int _life;
    private long _heardOfAtServer;
    private bool _takesPart;

    internal VirtualDevice(DeviceSurroundings surroundings, DeviceHabits habits, UserId user, int number)
    {
        _surroundings = surroundings;
        _world = surroundings.World;
        Dice = _world.Dice.Fork(1_000 + number);
        Habits = habits;
        Party = new Party(user, new DeviceId($"d{number}"));
        Clock = new VirtualClock(_world, Disk) { Skew = habits.ClockSkew };
        _sender = new VirtualSender(surroundings, this);
        _receiver = new VirtualReceiver(surroundings, this);
    }

    internal Party Party { get; }

    internal UserId User => Party.User;

    internal string Name => Party.Device.Value;

    internal DeviceHabits Habits { get; }

    internal Dice Dice { get; }

    internal VirtualDisk Disk { get; } = new();

    internal VirtualClock Clock { get; }

    internal bool IsUp { get; private set; }

    /// <summary>It will never take part again: destroyed, or turned away for good.</summary>
    internal bool IsGone { get; private set; }

    internal bool IsWelcomed { get; private set; }

    /// <summary>Whatever is sent to its user will reach it in the end.</summary>
    internal bool IsRefuge => !IsGone && Habits is { Window: > 0, Start: StreamStart.Oldest };

    internal bool HasHandledAll => Habits.Window == 0
        || (Disk.Epoch == _surroundings.Store.Epoch && Disk.Cursor == _surroundings.Store.Position(User).Last)
        || (Disk.Epoch == Epoch.None && _surroundings.Store.Position(User).Last == Sequence.None);

    // ---- the process ----------------------------------------------------------------------

    internal void Start()
    {
        if (IsUp || IsGone)
        {
            return;
        }

        IsUp = true;
        _world.Trace($"{Name} starts");
        if (Habits.Window == 0)
        {
            _surroundings.Ledger.History.StartedSendOnly(_world.Now, Party);
        }
        else if (_takesPart)
        {
            _surroundings.Ledger.History.Started(_world.Now, Party);
        }

        _receiver.Start();
        _sender.Start();
        Connect();
    }

    /// <summary>Ends: killed, what it has written still leaves its machine; without power it does not.</summary>
    internal void Die(bool withItsMachine)
    {
        if (!IsUp)
        {
            return;
        }

        _world.Trace($"{Name} dies");
        _world.Tally.Count(Trouble.DeviceKilled);
        IsUp = false;
        _life++;
        _diskFree = _world.Now;
        _hearing = _world.Now;
        Clock.Forget();
        _receiver.Stop();
        Drop(withItsMachine);
    }

    /// <summary>Dies here if the schedule says so, and starts again soon.</summary>
    internal bool DiesAt(Loss point)
    {
        if (!_world.Losses.Strikes(point))
        {
            return false;
        }

        _world.Tally.Count(point);
        Die(Dice.Chance(0.5));
        _world.After(Dice.Between(100, 2_000), Start);
        return true;
    }

    /// <summary>The device is destroyed with all that is on it.</summary>
    internal void Burn()
    {
        if (IsGone)
        {
            return;
        }

        Die(withItsMachine: true);
        _world.Trace($"{Name} burns");
        _world.Tally.Count(Trouble.DeviceBurnt);
        Leave();
    }

    internal void Send(UserId to, int padding)
    {
        if (IsUp)
        {
            _sender.Send(to, padding);
        }
    }

    internal void CancelOne()
    {
        if (IsUp)
        {
            _sender.CancelOne();
        }
    }

    /// <summary>Its application has called for something that has not returned yet.</summary>
    internal bool IsCalled => _sender.IsCalled;

    /// <summary>What waits in its outbox.</summary>
    internal IEnumerable<SavedMessage> Waiting => Disk.Outbox.Values;

    // ---- the connection -------------------------------------------------------------------

    /// <summary>Loses the network and finds it again by itself.</summary>
    internal void CutLink()
    {
        _world.Trace($"{Name} is cut off");
        _link?.Cut();
    }

    /// <summary>Opens a second connection while the server still believes in the first.</summary>
    /// <param name="swapsArrival">The first one's Hello is still under way, and arrives after the second's.</param>
    internal void ConnectAnew(bool swapsArrival)
    {
        if (!IsUp)
        {
            return;
        }

        _world.Tally.Count(Trouble.TwoConnectionsOfOneDevice);
        _link?.Abandon();
        _link = null;
        if (swapsArrival && Open(delay: Dice.Between(200, 5_000)))
        {
            _link?.Abandon();
        }

        if (!Open(TimeSpan.Zero))
        {
            Reconnect();
        }
    }

    internal void Transmit(Packet packet) => _link?.SendUp(packet);

    internal void Reconnect()
    {
        Drop(withItsMachine: false);
        _sender.Disconnected();
        Connect();
    }

    public override string ToString() => Name;

    private void Receive(Packet packet)
    {
        _world.Trace($"{Name} <- {packet}");
        switch (packet)
        {
            case Welcome welcome:
                Welcomed(welcome);
                break;
            case MessageNotify message:
                _receiver.Notified(message);
                break;
            case AckAcknowledge:
                break;
            case Goodbye goodbye:
                Left(goodbye.Code);
                break;
            default:
                _sender.Received(packet);
                break;
        }
    }

    private void Connect() => Later(Dice.Between(10, 1_500), () =>
    {
        if (_link is not null)
        {
            // A connection opened meanwhile is the one.
            return;
        }

        if (!Open(TimeSpan.Zero))
        {
            Connect();
        }
    });

    private bool Open(TimeSpan delay)
    {
        var up = _surroundings.Nodes.Where(n => n.IsUp).ToList();
        if (up.Count == 0)
        {
            return false;
        }

        IsWelcomed = false;
        _sender.Disconnected();
        var number = ++Disk.Connection;
        var end = new LinkEnd(this, number);
        var link = end.Link = _link = new Link(_world, Dice, _surroundings.Network, end) { Taken = () => CountArrival(number) };
        Dice.Any(up).Accept(link);
        link.DelayUp(delay);
        link.SendUp(new Hello(User.Value, Party.Device, new ConnectionNumber(number), _receiver.Epoch, _receiver.Cursor, Habits.Window, Habits.WindowBytes, Habits.Start, "simulation"));
        Later(WelcomeTimeout, () =>
        {
            if (_link == link && !IsWelcomed)
            {
                Reconnect();
            }
        });
        return true;
    }

    private void Drop(bool withItsMachine)
    {
        var link = _link;
        _link = null;
        IsWelcomed = false;
        if (withItsMachine)
        {
            link?.Cut();
        }
        else
        {
            link?.CloseUp();
        }
    }

    private void Welcomed(Welcome welcome)
    {
        Clock.Set(welcome);
        if (Habits.Window > 0 && !_receiver.Welcomed(welcome))
        {
            return;
        }

        if (!_takesPart && Habits.Window > 0)
        {
            _takesPart = true;
            _surroundings.Ledger.History.Started(_world.Now, Party);
            var before = Habits.Start == StreamStart.Latest ? welcome.ResumeAfter : welcome.FirstAvailable.Previous;
            _surroundings.Ledger.ExcuseUpTo(Party, welcome.Epoch, before);
        }

        IsWelcomed = true;
        _sender.Connected(welcome);
    }

    private void Left(ErrorCode code)
    {
        if (code.Remedy() == ErrorRemedy.RetryLater)
        {
            return;
        }

        if (code == ErrorCode.TooManyDevices)
        {
            _world.Tally.Count(Trouble.DeviceRefused);
            Die(withItsMachine: false);
            Leave();
            return;
        }

        // No one else uses this device's numbers, so nothing but its own next connection may take over.
        _surroundings.Ledger.Odd($"{Name} was told {code} and stops");
        Die(withItsMachine: false);
    }

    private void Leave()
    {
        IsGone = true;
        _surroundings.Ledger.History.Burnt(_world.Now, Party);
    }

    // ---- time and disk ----------------------------------------------------------------------

    /// <summary>A durable write: it happens at one instant or not at all, and the process may die before it hears of it.</summary>
    internal void Commit(Action apply, Action then)
    {
        var life = _life;
        _diskFree = (_diskFree > _world.Now ? _diskFree : _world.Now) + Dice.Between(0, 5);
        Later(_diskFree - _world.Now, () =>
        {
            apply();
            if (life != _life)
            {
                return;
            }

            // Hearing of it takes its time too, in the order of the writes.
            _hearing = (_hearing > _world.Now ? _hearing : _world.Now) + Dice.Between(0, 3);
            Later(_hearing - _world.Now, then);
        });
    }

    /// <summary>Runs <paramref name="action"/> after a delay unless the process has died by then.</summary>
    internal void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        _world.After(delay, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }

    /// <summary>A packet of this connection is read at the server: an older connection's may come after a later one's.</summary>
    private void CountArrival(long connection)
    {
        if (connection < _heardOfAtServer)
        {
            _world.Tally.Count(Trouble.ReorderedAcrossConnections);
        }

        _heardOfAtServer = Math.Max(_heardOfAtServer, connection);
    }

    /// <summary>Passes on what its link brings for as long as the device believes in that link.</summary>
    private sealed class LinkEnd(VirtualDevice device, long number) : IEndpoint
    {
        internal Link? Link { get; set; }

        public override string ToString() => $"{device.Name}#{number}";

        public void WhenRunning(Action action) => action();

        public void Receive(Packet packet)
        {
            if (device._link == Link)
            {
                device.Receive(packet);
            }
        }

        public void Closed()
        {
            if (device._link == Link)
            {
                device.Reconnect();
            }
        }
    }
}

using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>One mailbox of the model: entries, ids, devices, and where its epochs began.</summary>
internal sealed class VirtualMailbox(IEnumerable<Epoch> histories)
{
    private readonly List<Entry> _entries = [];
    private readonly HashSet<Sequence> _delivered = [];
    private readonly Dictionary<DeviceId, (Sequence Start, Sequence Cursor)> _devices = [];
    private readonly List<(Epoch Epoch, Sequence First)> _epochs = [.. histories.Select(epoch => (epoch, new Sequence(1)))];

    internal Sequence Last => new(_entries.Count);

    internal int Unconfirmed => _entries.Count - _delivered.Count;

    internal MailboxPosition Position => new(new Sequence(1), Last);

    internal VirtualMailbox Copy()
    {
        var copy = new VirtualMailbox([]);
        copy._entries.AddRange(_entries);
        copy._delivered.UnionWith(_delivered);
        copy._epochs.AddRange(_epochs);
        foreach (var (device, position) in _devices)
        {
            copy._devices.Add(device, position);
        }

        return copy;
    }

    internal void BeginEpoch(Epoch epoch) => _epochs.Add((epoch, Last.Next));

    internal Entry? Find(UserId from, MessageId id) => _entries.Find(e => e.Id == id && e.From == from);

    internal bool IsDelivered(Sequence sequence) => _delivered.Contains(sequence);

    internal void Add(Entry entry) => _entries.Add(entry);

    internal IReadOnlyList<Entry> Read(Sequence after, int most) =>
        _entries.Skip((int)after.Value).Take(most).ToList();

    internal DeviceOpening Open(DeviceHello hello, Epoch epoch)
    {
        var known = _devices.TryGetValue(hello.Device, out var device);
        if (!known)
        {
            var start = hello.Start == StreamStart.Oldest ? Sequence.None : Last;
            device = (start, start);
            _devices.Add(hello.Device, device);
        }

        Sequence resume;
        if (hello.Epoch == Epoch.None)
        {
            resume = device.Start;
        }
        else if (hello.Epoch == epoch)
        {
            resume = hello.Cursor;
            if (resume > Last)
            {
                return new DeviceOpening(ErrorCode.CursorAhead, default, device.Cursor, Position, []);
            }
        }
        else
        {
            var place = _epochs.FindIndex(e => e.Epoch == hello.Epoch);
            resume = place >= 0
                ? Sequence.Min(hello.Cursor, _epochs[place + 1].First.Previous)
                : Sequence.Min(hello.Cursor, device.Cursor);
        }

        resume = Sequence.Max(resume, device.Start);
        var confirmation = Confirm(hello.Device, hello.Epoch == Epoch.None ? Sequence.None : resume);
        return new DeviceOpening(ErrorCode.None, resume, confirmation.Cursor, Position, confirmation.NewlyDelivered);
    }

    internal Confirmation Confirm(DeviceId name, Sequence upTo)
    {
        if (!_devices.TryGetValue(name, out var device) || upTo > Last)
        {
            return new Confirmation(device.Cursor, []);
        }

        var delivered = new List<DeliveredMessage>();
        for (var n = device.Cursor.Next; n <= upTo; n = n.Next)
        {
            if (_delivered.Add(n))
            {
                var entry = _entries[(int)n.Value - 1];
                delivered.Add(new DeliveredMessage(entry.From, entry.Id, n));
            }
        }

        device.Cursor = Sequence.Max(device.Cursor, upTo);
        _devices[name] = device;
        return new Confirmation(device.Cursor, delivered);
    }
}

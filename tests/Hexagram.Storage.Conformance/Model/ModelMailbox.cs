using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance.Model;

/// <summary>
/// A mailbox as the contract describes it, written for being plainly right and nothing else: lists, one flag per entry, no cleverness.
/// What a store does is compared with it.
/// </summary>
internal sealed class ModelMailbox(MailboxLimits limits, ForgettingPolicy forgetting)
{
    private readonly List<ModelEntry> _entries = [];
    private readonly List<(int Epoch, long First)> _epochs = [];

    /// <summary>The devices by name.</summary>
    internal SortedDictionary<string, ModelDevice> Devices { get; } = new(StringComparer.Ordinal);

    /// <summary>First and last entry.</summary>
    internal MailboxPosition Position => new(new Sequence(First), new Sequence(Last));

    internal bool Exists => Last > 0;

    private long First { get; set; } = 1;

    private long Last => _entries.Count;

    private long FirstId { get; set; } = 1;

    private DateTimeOffset Mark { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The entries that can be read.</summary>
    internal IEnumerable<Entry> Entries => _entries.Skip((int)First - 1).Select(entry => entry.Entry);

    internal AppendResult Append(AppendItem item, DateTimeOffset now, int epoch, Func<bool> mayBringIntoBeing)
    {
        if (Known(item.From, item.Id) is { } known)
        {
            return known.Entry.Body == item.Body
                ? new AppendResult(AppendOutcome.Duplicate, ErrorCode.None, known.Entry.Sequence, known.Entry.AcceptedAt, known.Delivered)
                : AppendResult.Refused(ErrorCode.Conflict);
        }

        if (item.Id.MadeAt <= Mark)
        {
            return AppendResult.Refused(ErrorCode.Expired);
        }

        if (item.Id.MadeAt > now + limits.ClockSkewMax)
        {
            return AppendResult.Refused(ErrorCode.ClockSkew);
        }

        var unconfirmed = _entries.Where(entry => !entry.Delivered).ToList();
        if (unconfirmed.Count >= limits.UnconfirmedMax)
        {
            return AppendResult.RetryLater(ErrorCode.MailboxFull);
        }

        if (unconfirmed.Count(entry => entry.Entry.From == item.From) >= limits.UnconfirmedPerSenderMax)
        {
            return AppendResult.RetryLater(ErrorCode.SenderQuota);
        }

        if (!Exists && !mayBringIntoBeing())
        {
            return AppendResult.RetryLater(ErrorCode.NewMailboxQuota);
        }

        return Add(item, now, epoch);
    }

    /// <summary>Appends, whatever stands against it.</summary>
    internal AppendResult Add(AppendItem item, DateTimeOffset now, int epoch)
    {
        _entries.Add(new ModelEntry(new Entry(new Sequence(Last + 1), item.Id, item.From, now, item.Body)));
        if (_epochs.Count == 0 || _epochs[^1].Epoch != epoch)
        {
            _epochs.Add((epoch, Last));
        }

        return new AppendResult(AppendOutcome.New, ErrorCode.None, new Sequence(Last), now, false);
    }

    /// <summary>A page after a number: the first entry always, further ones as long as they fit.</summary>
    internal List<Entry> Read(Sequence after, int entriesMax, int bytesMax)
    {
        var page = new List<Entry>();
        for (var n = Math.Max((int)after.Value, (int)First - 1); n < _entries.Count && page.Count < entriesMax; n++)
        {
            var entry = _entries[n].Entry;
            bytesMax -= entry.Body.Content.Length;
            if (bytesMax < 0 && page.Count > 0)
            {
                break;
            }

            page.Add(entry);
        }

        return page;
    }

    /// <summary>Says Hello; the epoch is a number that counts the store's epochs, or null for an inbox without one, or -1 for an unknown one.</summary>
    internal DeviceOpening Open(DeviceHello hello, int? epoch, int current, DateTimeOffset now)
    {
        var known = Devices.GetValueOrDefault(hello.Device.Value);
        var cursor = hello.Cursor.Value;
        if (epoch == current && cursor > Last)
        {
            return Refuse(ErrorCode.CursorAhead);
        }

        var gone = First - 1;
        var confirms = epoch >= 0;
        var resume = epoch switch
        {
            null => known?.Start ?? (hello.Start == StreamStart.Latest ? Last : gone),
            -1 => Math.Min(cursor, known?.Cursor ?? gone),
            _ => Math.Min(cursor, Branch(epoch.Value)),
        };
        if (known is null)
        {
            if (!HasRoom(now))
            {
                return Refuse(ErrorCode.TooManyDevices);
            }

            var start = Math.Max(gone, hello.Start == StreamStart.Latest ? resume : gone);
            Devices[hello.Device.Value] = known = new ModelDevice { Start = start, Cursor = start };
        }

        var newly = Touch(known, confirms ? resume : 0, now);
        resume = Math.Max(resume, Math.Max(gone, known.Start));
        return new DeviceOpening(ErrorCode.None, new Sequence(resume), new Sequence(known.Cursor), Position, newly);
    }

    internal Confirmation Confirm(DeviceId device, bool current, long upTo, DateTimeOffset now)
    {
        if (!Devices.TryGetValue(device.Value, out var known))
        {
            return new Confirmation(Sequence.None, []) { IsDeviceKnown = false };
        }

        var applies = current && upTo <= Last;
        if (!applies)
        {
            known.SeenAt = now;
            return new Confirmation(new Sequence(known.Cursor), []);
        }

        var newly = Touch(known, upTo, now);
        return new Confirmation(new Sequence(known.Cursor), newly);
    }

    /// <summary>Forgets what it may, and says how many entries and ids.</summary>
    internal (int Entries, int Ids) Forget(DateTimeOffset now)
    {
        var (first, firstId) = (First, FirstId);
        var held = Devices.Values.Where(device => now - device.SeenAt <= forgetting.DeviceUnseen).Select(device => device.Cursor).Append(Last).Min();
        while (First <= held && _entries[(int)First - 1] is { Delivered: true } oldest && now - oldest.Entry.AcceptedAt >= forgetting.Retention)
        {
            First++;
        }

        while (FirstId < First && _entries[(int)FirstId - 1].Entry is var entry
            && now - entry.AcceptedAt >= forgetting.Horizon && now - entry.Id.MadeAt >= forgetting.Horizon)
        {
            Mark = entry.Id.MadeAt > Mark ? entry.Id.MadeAt : Mark;
            FirstId++;
        }

        return ((int)(First - first), (int)(FirstId - firstId));
    }

    /// <summary>A copy that goes its own way: a backup.</summary>
    internal ModelMailbox Copy()
    {
        var copy = new ModelMailbox(limits, forgetting) { First = First, FirstId = FirstId, Mark = Mark };
        copy._entries.AddRange(_entries.Select(entry => new ModelEntry(entry.Entry) { Delivered = entry.Delivered }));
        copy._epochs.AddRange(_epochs);
        foreach (var (name, device) in Devices)
        {
            copy.Devices.Add(name, new ModelDevice { Start = device.Start, Cursor = device.Cursor, SeenAt = device.SeenAt });
        }

        return copy;
    }

    /// <summary>Takes back that these were delivered.</summary>
    internal void Undeliver(IReadOnlyList<DeliveredMessage> delivered)
    {
        foreach (var message in delivered)
        {
            _entries[(int)message.Sequence.Value - 1].Delivered = false;
        }
    }

    /// <summary>Takes for delivered what was accepted before a time, whether it was or not.</summary>
    internal void Deliver(DateTimeOffset acceptedBefore)
    {
        foreach (var entry in _entries.Where(entry => entry.Entry.AcceptedAt < acceptedBefore))
        {
            entry.Delivered = true;
        }
    }

    internal MessageStatus Status(UserId sender, MessageId id) => Known(sender, id) is { } known
        ? new MessageStatus(id, known.Delivered ? MessageState.Delivered : MessageState.Accepted)
        : new MessageStatus(id, MessageState.Waiting, id.MadeAt <= Mark);

    private ModelEntry? Known(UserId sender, MessageId id) =>
        _entries.Skip((int)FirstId - 1).FirstOrDefault(entry => entry.Entry.From == sender && entry.Entry.Id == id);

    private long Branch(int epoch)
    {
        var since = _epochs.Where(each => each.Epoch > epoch).ToList();
        return since.Count > 0 ? since[0].First - 1 : Last;
    }

    private List<DeliveredMessage> Touch(ModelDevice device, long upTo, DateTimeOffset now)
    {
        device.SeenAt = now;
        if (device.Cursor < First - 1)
        {
            device.Start = device.Cursor = First - 1;
        }

        var newly = new List<DeliveredMessage>();
        while (device.Cursor < upTo)
        {
            device.Cursor++;
            var entry = _entries[(int)device.Cursor - 1];
            if (!entry.Delivered)
            {
                entry.Delivered = true;
                newly.Add(new DeliveredMessage(entry.Entry.From, entry.Entry.Id, entry.Entry.Sequence));
            }
        }

        return newly;
    }

    private bool HasRoom(DateTimeOffset now)
    {
        if (Devices.Count < limits.DevicesPerUserMax)
        {
            return true;
        }

        var longest = Devices.OrderBy(device => device.Value.SeenAt).First();
        return now - longest.Value.SeenAt > forgetting.DeviceUnseen && Devices.Remove(longest.Key);
    }

    private DeviceOpening Refuse(ErrorCode code) => new(code, Sequence.None, Sequence.None, Position, []);
}

/// <summary>An entry and whether some device has confirmed it.</summary>
internal sealed class ModelEntry(Entry entry)
{
    internal Entry Entry { get; } = entry;

    internal bool Delivered { get; set; }
}

/// <summary>A device's place.</summary>
internal sealed class ModelDevice
{
    internal long Start { get; set; }

    internal long Cursor { get; set; }

    internal DateTimeOffset SeenAt { get; set; }
}

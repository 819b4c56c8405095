using Hexagram.Protocol;

namespace Hexagram.Storage.Conformance.Model;

/// <summary>Does each step to a store and to a model, and compares every answer and, after every step, all that can be seen.</summary>
internal sealed class Comparison(ComparedStore compared, MailboxLimits limits, ForgettingPolicy forgetting, int number)
{
    private readonly ModelMailbox[] _mailboxes = [.. Enumerable.Range(0, 2).Select(_ => new ModelMailbox(limits, forgetting))];
    private readonly Dictionary<(int From, int Day), int> _brought = [];
    private readonly Dictionary<int, MessageId> _ids = [];
    private readonly HashSet<(int To, int From, int Message)> _sent = [];

    private DateTimeOffset Now => compared.Clock.GetUtcNow();

    private int CurrentEpoch => compared.Epochs.Count - 1;

    internal async Task RunAsync(IEnumerable<Step> steps)
    {
        foreach (var step in steps)
        {
            await DoAsync(step);
            await CompareAsync();
        }
    }

    private UserId Mailbox(int n) => new($"mailbox-{number}-{n}");

    private UserId Sender(int n) => new($"sender-{number}-{n}");

    private static DeviceId Device(int n) => new($"device-{n}");

    private async Task DoAsync(Step step)
    {
        switch (step)
        {
            case Step.Append append:
                await AppendAsync(append);
                break;
            case Step.Open open:
                await OpenAsync(open);
                break;
            case Step.Confirm confirm:
                await ConfirmAsync(confirm);
                break;
            case Step.Wait wait:
                compared.Clock.Advance(TimeSpan.FromDays(wait.Days));
                break;
            case Step.Forget:
                await compared.Store.ForgetAsync(Now, CancellationToken.None);
                Array.ForEach(_mailboxes, mailbox => mailbox.Forget(Now));
                break;
            case Step.Restore:
                compared.Epochs.Add(await compared.Store.BeginEpochAsync());
                break;
            case Step.Restart:
                await compared.ReopenAsync();
                break;
            default:
                throw new InvalidOperationException($"Nobody knows how to do {step}.");
        }
    }

    private async Task AppendAsync(Step.Append append)
    {
        // A message is made when it is first sent; some are made long before, as by a device that was away.
        if (!_ids.TryGetValue(append.Message, out var id))
        {
            id = _ids[append.Message] = MessageId.New(Now - TimeSpan.FromDays(append.Message % 4 * 2));
        }

        _sent.Add((append.To, append.From, append.Message));
        var item = new AppendItem(Mailbox(append.To), Sender(append.From), id, append.OtherBody ? "another" : $"message {append.Message}", new AppendLane());
        var day = (int)(Now.ToUnixTimeMilliseconds() / TimeSpan.MillisecondsPerDay);
        var expected = _mailboxes[append.To].Append(item, Now, CurrentEpoch, () =>
        {
            var count = _brought.GetValueOrDefault((append.From, day));
            _brought[(append.From, day)] = Math.Min(count + 1, limits.NewMailboxesPerSenderPerDay);
            return count < limits.NewMailboxesPerSenderPerDay;
        });
        Assert.Equal(expected, await compared.Store.AppendAsync(item));
    }

    private async Task OpenAsync(Step.Open open)
    {
        var back = CurrentEpoch - open.EpochsBack;
        var (epoch, ordinal) = open.EpochsBack switch
        {
            -2 => (Epoch.None, (int?)null),
            -1 => (new Epoch(77), -1),
            _ when back >= 0 => (compared.Epochs[back], back),
            _ => (compared.Epochs[0], 0),
        };

        var cursor = ordinal == CurrentEpoch ? Likely(open.To, open.Cursor) : open.Cursor;
        var hello = new DeviceHello(Mailbox(open.To), Device(open.Device), epoch, new Sequence(cursor), open.Start);
        var expected = _mailboxes[open.To].Open(hello, ordinal, CurrentEpoch, Now);
        var actual = await compared.Store.OpenDeviceAsync(hello);
        Assert.Equal(expected.NewlyDelivered, actual.NewlyDelivered);
        Assert.Equal(expected with { NewlyDelivered = [] }, actual with { NewlyDelivered = [] });
    }

    private async Task ConfirmAsync(Step.Confirm confirm)
    {
        var epoch = confirm.WrongEpoch ? new Epoch(77) : compared.Store.Epoch;
        var upTo = Likely(confirm.To, confirm.UpTo);
        var expected = _mailboxes[confirm.To].Confirm(Device(confirm.Device), !confirm.WrongEpoch, upTo, Now);
        var actual = await compared.Store.ConfirmAsync(Mailbox(confirm.To), Device(confirm.Device), epoch, new Sequence(upTo));
        Assert.Equal(expected.NewlyDelivered, actual.NewlyDelivered);
        Assert.Equal(expected.Cursor, actual.Cursor);
    }

    /// <summary>Mostly a number that a client of this history can have.</summary>
    private long Likely(int mailbox, int number)
    {
        var last = _mailboxes[mailbox].Position.Last.Value;
        return number < 13 ? Math.Max(0, last - (number / 2)) : number;
    }

    private async Task CompareAsync()
    {
        var token = CancellationToken.None;
        var positions = await compared.Store.PositionsAsync([.. Enumerable.Range(0, _mailboxes.Length).Select(Mailbox)], token);
        Assert.Equal(_mailboxes.Select(mailbox => mailbox.Position), positions);
        for (var n = 0; n < _mailboxes.Length; n++)
        {
            var page = await compared.Store.ReadAsync(Mailbox(n), Sequence.None, int.MaxValue, int.MaxValue, token);
            Assert.Equal(_mailboxes[n].Entries, page.Entries);
            Assert.Equal(
                _mailboxes[n].Devices.Select(device => DevicePosition(device.Key, device.Value)),
                (await compared.Store.DevicesAsync(Mailbox(n), token)).OrderBy(device => device.Device.Value, StringComparer.Ordinal));
        }

        foreach (var (to, from, message) in _sent)
        {
            var statuses = await compared.Store.StatusAsync(Mailbox(to), Sender(from), [_ids[message]], token);
            Assert.Equal(_mailboxes[to].Status(Sender(from), _ids[message]), Assert.Single(statuses));
        }
    }

    private static DevicePosition DevicePosition(string name, ModelDevice device) =>
        new(new DeviceId(name), new Sequence(device.Start), new Sequence(device.Cursor), device.SeenAt);
}

using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.EndToEnd.Disturbances;

/// <summary>A mistake that a server could have, each of another kind.</summary>
public enum Mistake
{
    /// <summary>None: what the others are compared with.</summary>
    None,

    /// <summary>It says msg:A for some messages that it has not stored.</summary>
    Forgets,

    /// <summary>It does not recognise what is sent again.</summary>
    Doubles,

    /// <summary>Some messages are overtaken by later ones.</summary>
    Reorders,

    /// <summary>It calls some messages delivered as soon as it has stored them.</summary>
    Boasts,

    /// <summary>Some messages are told to come again later, for ever.</summary>
    Delays,
}

/// <summary>The real store with one mistake on top. Only what the mistake concerns is done otherwise.</summary>
internal sealed class LyingStore(IMailboxStore store, Mistake mistake) : IMailboxStore
{
    private const int OneIn = 10;
    private const int Behind = 5;

    private int _appends;
    private TaskCompletionSource _overtaken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Epoch Epoch => store.Epoch;

    public Exception? Fault => store.Fault;

    public async ValueTask<AppendResult> AppendAsync(AppendItem item)
    {
        var turn = Interlocked.Increment(ref _appends) % OneIn;
        var isStruck = turn == 0;
        if (turn == Behind)
        {
            Interlocked.Exchange(ref _overtaken, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        switch (mistake)
        {
            case Mistake.Forgets when isStruck:
                return new AppendResult(AppendOutcome.Duplicate, ErrorCode.None, new Sequence(1), DateTimeOffset.UtcNow, Delivered: false);
            case Mistake.Reorders when isStruck:
                // In a lane of its own, or the store itself would keep the order.
                await _overtaken.Task;
                return await store.AppendAsync(item with { Lane = new AppendLane() });
            case Mistake.Delays when item.Body.Text.Contains("|3|", StringComparison.Ordinal):
                return AppendResult.RetryLater(item.Lane.Hold(item.To, item.Id, ErrorCode.MailboxFull));
        }

        var result = await store.AppendAsync(item);
        if (mistake == Mistake.Boasts && isStruck && result.Outcome == AppendOutcome.New)
        {
            return result with { Outcome = AppendOutcome.Duplicate, Delivered = true };
        }

        return mistake == Mistake.Doubles && result.Outcome == AppendOutcome.Duplicate
            ? await store.AppendAsync(item with { Id = MessageId.New(DateTimeOffset.UtcNow) })
            : result;
    }

    public ValueTask<IReadOnlyList<MessageStatus>> StatusAsync(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids, CancellationToken cancellationToken) =>
        store.StatusAsync(mailbox, sender, ids, cancellationToken);

    public ValueTask<MailboxPage> ReadAsync(UserId mailbox, Sequence after, int entriesMax, int bytesMax, CancellationToken cancellationToken) =>
        store.ReadAsync(mailbox, after, entriesMax, bytesMax, cancellationToken);

    public ValueTask<DeviceOpening> OpenDeviceAsync(DeviceHello hello) => store.OpenDeviceAsync(hello);

    public ValueTask<Confirmation> ConfirmAsync(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo) => store.ConfirmAsync(mailbox, device, epoch, upTo);

    public ValueTask<IReadOnlyList<MailboxPosition>> PositionsAsync(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken) =>
        store.PositionsAsync(mailboxes, cancellationToken);

    public ValueTask<IReadOnlyList<DevicePosition>> DevicesAsync(UserId mailbox, CancellationToken cancellationToken) => store.DevicesAsync(mailbox, cancellationToken);

    public ValueTask<ForgetReport> ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken) => store.ForgetAsync(now, cancellationToken);

    public ValueTask<Epoch> BeginEpochAsync() => store.BeginEpochAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();
}

using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Server.Tests.Harness;

/// <summary>The real store, whose answers a test can hold back, fail or replace.</summary>
internal sealed class SteeredStore(IMailboxStore store) : IMailboxStore
{
    private volatile TaskCompletionSource _appends = Open();
    private volatile TaskCompletionSource _confirmations = Open();
    private volatile TaskCompletionSource _reads = Open();
    private volatile TaskCompletionSource _openings = Open();
    private readonly Milestones _openingCounts = new();
    private readonly Milestones _openedCounts = new();
    private readonly Milestones _appendCounts = new();
    private readonly Milestones _confirmationCounts = new();
    private volatile Exception? _fault;
    private int _appended;
    private int _confirmed;
    private int _opened;
    private int _openedByStore;

    /// <summary>Answers an append in the store's stead, under the rule of its lane, when it says so.</summary>
    public Func<AppendItem, ErrorCode>? HoldBack { get; set; }

    /// <summary>While set, answers confirmations in the store's stead.</summary>
    public Func<Sequence, Confirmation>? Confirms { get; set; }

    /// <summary>While set, a question for the status of messages fails with it.</summary>
    public Exception? StatusFault { get; set; }

    /// <summary>Appends that have been handed over.</summary>
    public int Appends => Volatile.Read(ref _appended);

    /// <summary>Confirmations that have been asked for.</summary>
    public int Confirmations => Volatile.Read(ref _confirmed);

    /// <summary>Reads of pages.</summary>
    public int Reads;

    /// <summary>The most bodies that one page had, in bytes.</summary>
    public long PageBytesMax;

    public Epoch Epoch => store.Epoch;

    public Exception? Fault => _fault ?? store.Fault;

    /// <summary>Completes when so many appends have been handed over.</summary>
    public Task WhenAppendsAsync(int count) => _appendCounts.WhenAsync(count);

    /// <summary>Completes when so many confirmations have been asked for.</summary>
    public Task WhenConfirmationsAsync(int count) => _confirmationCounts.WhenAsync(count);

    /// <summary>Completes when so many devices have been opened.</summary>
    public Task WhenOpeningsAsync(int count) => _openingCounts.WhenAsync(count);

    /// <summary>Completes when the store has opened so many devices, whether or not its answer waits here.</summary>
    public Task WhenOpenedAsync(int count) => _openedCounts.WhenAsync(count);

    /// <summary>From now on devices are opened, and the answers wait.</summary>
    public void HoldOpenings() => _openings = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on appends are made durable, and their answers wait.</summary>
    public void HoldAppends() => _appends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on confirmations are applied, and their answers wait.</summary>
    public void HoldConfirmations() => _confirmations = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on pages are read, and wait.</summary>
    public void HoldReads() => _reads = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held goes on.</summary>
    public void Release()
    {
        _appends.TrySetResult();
        _confirmations.TrySetResult();
        _reads.TrySetResult();
        _openings.TrySetResult();
    }

    /// <summary>The disk fails: from now on nothing can be written, and what is held fails too.</summary>
    public void Break()
    {
        _fault = new StoreUnavailableException("The test has broken the store.");
        _appends.TrySetException(_fault);
        _confirmations.TrySetException(_fault);
        HoldAppends();
        _appends.SetException(_fault);
        HoldConfirmations();
        _confirmations.SetException(_fault);
    }

    public async ValueTask<AppendResult> AppendAsync(AppendItem item)
    {
        _appendCounts.Set(Interlocked.Increment(ref _appended));
        var gate = _appends.Task;
        if (_fault is not null)
        {
            throw _fault;
        }

        if (HoldBack?.Invoke(item) is { } code and not ErrorCode.None)
        {
            // The real store, whose lane it is, must hear of it too: it decides the next ones.
            item.Lane.Hold(item.To, item.Id, code);
            await gate;
            return AppendResult.RetryLater(code);
        }

        var result = store.AppendAsync(item);
        await gate;
        return await result;
    }

    public async ValueTask<MailboxPage> ReadAsync(UserId mailbox, Sequence after, int entriesMax, int bytesMax, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Reads);
        var page = await store.ReadAsync(mailbox, after, entriesMax, bytesMax, cancellationToken);
        await _reads.Task;
        PageBytesMax = Math.Max(PageBytesMax, page.Entries.Sum(entry => (long)entry.Body.Content.Length));
        return page;
    }

    public async ValueTask<DeviceOpening> OpenDeviceAsync(DeviceHello hello)
    {
        _openingCounts.Set(Interlocked.Increment(ref _opened));
        var gate = _openings.Task;
        var opening = await (_fault is null ? store.OpenDeviceAsync(hello) : throw _fault);
        _openedCounts.Set(Interlocked.Increment(ref _openedByStore));
        await gate;
        return opening;
    }

    public async ValueTask<Confirmation> ConfirmAsync(UserId mailbox, DeviceId device, Epoch epoch, Sequence upTo)
    {
        _confirmationCounts.Set(Interlocked.Increment(ref _confirmed));
        var gate = _confirmations.Task;
        if (_fault is not null)
        {
            throw _fault;
        }

        var confirmation = Confirms?.Invoke(upTo) ?? await store.ConfirmAsync(mailbox, device, epoch, upTo);
        await gate;
        return confirmation;
    }

    public ValueTask<IReadOnlyList<MessageStatus>> StatusAsync(UserId mailbox, UserId sender, IReadOnlyList<MessageId> ids, CancellationToken cancellationToken) =>
        StatusFault is null ? store.StatusAsync(mailbox, sender, ids, cancellationToken) : throw StatusFault;

    public ValueTask<IReadOnlyList<MailboxPosition>> PositionsAsync(IReadOnlyList<UserId> mailboxes, CancellationToken cancellationToken) =>
        store.PositionsAsync(mailboxes, cancellationToken);

    public ValueTask<IReadOnlyList<DevicePosition>> DevicesAsync(UserId mailbox, CancellationToken cancellationToken) => store.DevicesAsync(mailbox, cancellationToken);

    public ValueTask<ForgetReport> ForgetAsync(DateTimeOffset now, CancellationToken cancellationToken) => store.ForgetAsync(now, cancellationToken);

    public ValueTask<Epoch> BeginEpochAsync() => store.BeginEpochAsync();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static TaskCompletionSource Open()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gate.SetResult();
        return gate;
    }
}

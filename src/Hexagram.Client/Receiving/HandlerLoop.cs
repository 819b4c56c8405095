using System.Threading.Channels;
using Hexagram.Client.Connections;
using Hexagram.Client.Stores;
using Hexagram.Client.Telemetry;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Receiving;

/// <summary>
/// Hands messages to the application's handler, one by one and in order, and commits each before the next. A handler or a store that fails keeps
/// its message at the head, and so does a handler that is stopped: the next one gets it first. The loop alone runs here, for one handler at a time;
/// nothing is locked while the application's code runs.
/// </summary>
internal sealed class HandlerLoop
{
    private readonly HexagramClientOptions _options;
    private readonly IInboxStore _store;
    private readonly ServerClock _clock;
    private readonly ReceiverEvents _events;
    private readonly Receiver _receiver;
    private readonly ChannelReader<InboxItem> _items;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AsyncLocal<HandlerCall?> _call = new();

    /// <summary>Messages whose handler may have run and that are not committed: the one of the last run, and one for each history that ended meanwhile.</summary>
    private readonly HashSet<MessageKey> _begunBefore = [];
    private MessageKey? _begun;
    private volatile bool _lookForSeen;
    private MessageHandler _handler = new(null, null);
    private CancellationToken _stopping;
    private Func<Task> _stop = () => Task.CompletedTask;
    private Task _running = Task.CompletedTask;

    /// <summary>Taken from the queue and not committed.</summary>
    private InboxItem? _head;

    /// <summary>How often a handler has been given the head.</summary>
    private int _attempts;

    internal HandlerLoop(
        HexagramClientOptions options,
        IInboxStore store,
        StoredClient stored,
        ServerClock clock,
        ReceiverEvents events,
        Receiver receiver,
        ChannelReader<InboxItem> items)
    {
        _options = options;
        _store = store;
        _clock = clock;
        _events = events;
        _receiver = receiver;
        _items = items;
        _time = options.TimeProvider;
        _logger = options.Logger;
        _begun = stored.Begun;
        if (stored.Begun is { } begun)
        {
            _begunBefore.Add(begun);
        }

        _lookForSeen = stored.HasSeenOtherHistories;
    }

    /// <summary>
    /// The seen set holds messages of another history, so it is asked for every message. Within one history the cursor says it all.
    /// </summary>
    internal bool LookForSeen
    {
        get => _lookForSeen;
        set => _lookForSeen = value;
    }

    /// <summary>Whether the caller is the handler, or was called by it, and it has not ended.</summary>
    internal bool IsInsideHandler => _call.Value is { HasEnded: false };

    /// <summary>Called again only after <see cref="StopAsync"/>.</summary>
    internal void Start(MessageHandler handler)
    {
        _handler = handler;
        // With neither a timer nor a link it holds nothing that would have to be disposed of, and may be cancelled at any time.
        var stop = new CancellationTokenSource();
        _stop = stop.CancelAsync;
        _stopping = stop.Token;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Cancels the handler's token and waits for it. What it has not succeeded with stays at the head.</summary>
    internal async Task StopAsync()
    {
        await _stop();
        await _running;
    }

    private async Task RunAsync()
    {
        Exception? defect = null;
        try
        {
            await DoHeadAsync();
            await foreach (var item in _items.ReadAllAsync(_stopping))
            {
                if (_receiver.Take(item))
                {
                    _head = item;
                    _attempts = 0;
                    await DoHeadAsync();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped: the head and what is left in the queue are for the next handler, and come again after a restart.
        }
        catch (Exception cause)
        {
            defect = cause;
            _events.Defect(cause);
        }
        finally
        {
            _handler.Ended?.Invoke(defect);
        }
    }

    private async Task DoHeadAsync()
    {
        if (_head is not { } item)
        {
            return;
        }

        // The queue itself does not look at the token while it has something.
        _stopping.ThrowIfCancellationRequested();
        if (_receiver.WhenHistoryEnds(item).IsCompleted)
        {
            KeepMark(item);
        }
        else
        {
            await DoAsync(item);
        }

        _head = null;
    }

    private async Task DoAsync(InboxItem item)
    {
        if (item.Gap is { } gap)
        {
            _logger.MessagesMissing(gap.From, gap.To);
            _events.Missing(new MissingMessages(gap.From, gap.To));
            await CommitAsync(item, null);
        }
        else if (LookForSeen && await HasSeenAsync(item.Key!.Value))
        {
            ClientTelemetry.Duplicates.Add(1);
            await CommitAsync(item, null);
        }
        else
        {
            await HandleAsync(item);
        }
    }

    /// <summary>The same message until it is handled, set aside, or no longer wanted.</summary>
    private async Task HandleAsync(InboxItem item)
    {
        while (true)
        {
            var attempt = _attempts + 1;
            var message = ToMessage(item, attempt);
            if (_handler.Plain is not null)
            {
                message = await BegunAsync(item, message);
            }

            if (await AttemptAsync(item, message) is not { } failure)
            {
                return;
            }

            _stopping.ThrowIfCancellationRequested();
            var since = _time.GetTimestamp();
            var wait = _options.HandlerRetry.After(attempt, Random.Shared);
            if (ReasonToSetAside(message, failure, wait) is { } reason)
            {
                await SetAsideAsync(item, message, reason);
                return;
            }

            if (await HistoryEndsAsync(item, wait - _time.GetElapsedTime(since)))
            {
                KeepMark(item);
                return;
            }
        }
    }

    /// <summary>One run of the handler, and the commit behind it: null when both are done.</summary>
    private async Task<Exception?> AttemptAsync(InboxItem item, Message message)
    {
        using var activity = HandlerTrace.Begin(item, message);
        var failure = _handler.Plain is { } plain ? await TryAsync(plain, message) : await TryInTransactionAsync(item, message);
        if (failure is not null)
        {
            HandlerTrace.Failed(activity, failure);
            return failure;
        }

        FailPoint.Pass("inbox.handled");
        if (_handler.Plain is not null)
        {
            await CommitAsync(item, null);
        }
        else
        {
            Committed(item, BegunAfter(item));
        }

        return null;
    }

    /// <summary>Its history has ended. The new one may bring it again, under another number.</summary>
    private void KeepMark(InboxItem item)
    {
        if (_handler.Plain is not null && _attempts > 0)
        {
            _begunBefore.Add(item.Key!.Value);
        }
    }

    /// <summary>It is durable that the handler may have run, before it does.</summary>
    private async ValueTask<Message> BegunAsync(InboxItem item, Message message)
    {
        var key = item.Key!.Value;
        if (_begun != key)
        {
            await InsistAsync(static (store, key) => store.BeginAsync(key), key);
            _begun = key;
        }

        FailPoint.Pass("inbox.begun");
        return message.Attempt > 1 || _begunBefore.Contains(key) ? message with { Redelivered = true } : message;
    }

    private async Task<Exception?> TryAsync(Func<Message, CancellationToken, Task> handler, Message message)
    {
        // Flows into the handler and into all that it starts, which may outlive it; and not back into the loop.
        var call = new HandlerCall();
        _call.Value = call;
        _attempts = message.Attempt;
        var begun = ClientTelemetry.HandlerBegins();
        var failed = true;
        try
        {
            await handler(message, _stopping);
            failed = false;
            return null;
        }
        catch (Exception cause)
        {
            return cause;
        }
        finally
        {
            call.HasEnded = true;
            ClientTelemetry.HandlerEnds(begun, failed);
        }
    }

    private async Task<Exception?> TryInTransactionAsync(InboxItem item, Message message)
    {
        IInboxTransaction? transaction = null;
        await InsistAsync(async (store, commit) => transaction = await store.BeginTransactionAsync(commit, _stopping), Commit(item, null));
        FailPoint.Pass("inbox.transaction");
        var failure = await TryAsync(
            (message, cancellationToken) =>
            {
                transaction!.Enter();
                return _handler.Transactional!(message, transaction.Transaction, cancellationToken);
            },
            message);

        try
        {
            if (failure is not null)
            {
                if (!await transaction!.RollbackAsync())
                {
                    return failure;
                }

                _logger.HandlerFailedAfterCommit(message.Id, message.From, failure);
                return null;
            }

            FailPoint.Pass("inbox.committing");
            return await transaction!.CommitAsync()
                ? null
                : new InvalidOperationException("The handler rolled the transaction back and did not fail. Throw to have the message again, or leave the transaction to the client.");
        }
        catch (ClientStoreException fault)
        {
            // Nothing of it is there, so the handler has to run again.
            return failure ?? fault;
        }
    }

    /// <summary>The application's word to leave this message aside, or null.</summary>
    private string? ReasonToSetAside(Message message, Exception failure, TimeSpan wait)
    {
        var full = _store.SetAsideCount >= _options.SetAsideMax;
        if (failure is SetAsideException aside && !full)
        {
            return aside.Message;
        }

        if (failure is SetAsideException)
        {
            failure = new InvalidOperationException(
                $"{_options.SetAsideMax} messages are set aside, and there may be no more. Remove some with {nameof(HexagramClient.RemoveSetAsideAsync)}, or raise {nameof(HexagramClientOptions.SetAsideMax)}.",
                failure);
        }

        _logger.HandlerFailed(message.Id, message.From, message.Attempt, wait, failure);
        var failed = new HandlerFailedEventArgs(message, failure, wait);
        _events.Failed(failed);
        return full ? null : failed.SetAsideReason;
    }

    private async Task SetAsideAsync(InboxItem item, Message message, string reason)
    {
        var aside = new SetAsideMessage(message, reason, _time.GetUtcNow());
        await CommitAsync(item, aside);
        _logger.SetAside(message.Id, message.From, reason);
        _events.SetAside(aside);
    }

    /// <summary>Waits for the next attempt. True when there is to be none: what waits for the handler belongs to a history that has ended.</summary>
    private async Task<bool> HistoryEndsAsync(InboxItem item, TimeSpan wait)
    {
        var ends = _receiver.WhenHistoryEnds(item);
        wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        await Task.WhenAny(ends, Task.Delay(wait, _time, waiting.Token));
        await waiting.CancelAsync();
        _stopping.ThrowIfCancellationRequested();
        return ends.IsCompleted;
    }

    private async Task CommitAsync(InboxItem item, SetAsideMessage? aside)
    {
        var commit = Commit(item, aside);
        await InsistAsync(static (store, commit) => store.CommitAsync(commit), commit);
        Committed(item, commit.Next);
    }

    private void Committed(InboxItem item, MessageKey? begun)
    {
        _begun = begun;
        if (item.Key is { } key)
        {
            _begunBefore.Remove(key);
        }

        _receiver.Committed(item);
    }

    private InboxCommit Commit(InboxItem item, SetAsideMessage? aside)
    {
        var now = _clock.Now;
        return new InboxCommit(item.Epoch, item.UpTo, item.Key, BegunAfter(item), aside, now, now - _clock.Horizon);
    }

    /// <summary>
    /// The begun mark that goes with this commit. One of a message that is not committed stays until another handler begins: that message may come again.
    /// Otherwise it is the mark of the next message, when that is already there and will be handed over, which saves a write of its own.
    /// </summary>
    private MessageKey? BegunAfter(InboxItem item) =>
        _begun is { } begun && begun != item.Key ? begun
        : _handler.Plain is not null && !_stopping.IsCancellationRequested && _items.TryPeek(out var waiting) && waiting.Epoch == item.Epoch ? waiting.Key
        : null;

    private async Task<bool> HasSeenAsync(MessageKey key)
    {
        var seen = false;
        await InsistAsync(async (store, key) => seen = await store.HasSeenAsync(key), key);
        return seen;
    }

    /// <summary>
    /// A store that fails blocks the stream, visibly, and is asked again. The argument is handed on, so that what is written for each message is
    /// asked for without a closure.
    /// </summary>
    private async ValueTask InsistAsync<T>(Func<IInboxStore, T, Task> work, T argument)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await work(_store, argument);
                return;
            }
            catch (ClientStoreException fault)
            {
                _logger.StoreFailed(fault);
                _events.StoreFailed(fault);
                await Task.Delay(_options.HandlerRetry.After(failures, Random.Shared), _time, _stopping);
            }
        }
    }

    private static Message ToMessage(InboxItem item, int attempt) => new()
    {
        Id = item.Message!.Id,
        From = item.Message.From,
        Sequence = item.Message.Sequence,
        AcceptedAt = item.Message.AcceptedAt,
        Body = item.Message.Body,
        Attempt = attempt,
    };

    /// <summary>One run of the application's handler.</summary>
    private sealed class HandlerCall
    {
        private volatile bool _hasEnded;

        internal bool HasEnded
        {
            get => _hasEnded;
            set => _hasEnded = value;
        }
    }
}

using System.Threading.Channels;
using Hexagram.Client.Connections;
using Hexagram.Client.Stores;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Receiving;

/// <summary>
/// The shell around the <see cref="Inbox"/>: takes what the server brings, hands it to the handler one by one and in order, commits, confirms.
/// One lock orders what concerns the inbox; the handler runs in a loop of its own, outside the lock.
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly HexagramClientOptions _options;
    private readonly IInboxStore _store;
    private readonly ServerClock _clock;
    private readonly ReceiverEvents _events;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Inbox _inbox;
    private readonly Channel<InboxItem> _items = Channel.CreateUnbounded<InboxItem>();
    private readonly CancellationTokenSource _stop = new();
    private readonly AsyncLocal<bool> _inHandler = new();
    private readonly MessageKey? _begunBefore;
    private MessageKey? _begun;
    private volatile bool _mayHaveSeen;
    private volatile MessageHandler? _handler;
    private TaskCompletionSource _historyEnds = NewEnd();
    private InboxPosition? _toAdopt;
    private bool _stopped;
    private Connection? _connection;
    private Task _running = Task.CompletedTask;

    internal Receiver(HexagramClientOptions options, IInboxStore store, StoredClient stored, ServerClock clock, ReceiverEvents events)
    {
        _options = options;
        _store = store;
        _clock = clock;
        _events = events;
        _time = options.TimeProvider;
        _logger = options.Logger;
        _inbox = new Inbox(stored.Position.Epoch, stored.Position.Cursor);
        _begunBefore = stored.Begun;
        _begun = stored.Begun;
        _mayHaveSeen = stored.HasSeenOtherHistories;
    }

    /// <summary>What Hello asks for: nothing before there is a handler.</summary>
    internal int Window => _handler is null ? 0 : _options.Window;

    internal bool IsInsideHandler => _inHandler.Value;

    internal void Start(MessageHandler handler)
    {
        lock (_gate)
        {
            if (_options.Window == 0)
            {
                throw new InvalidOperationException($"This client only sends: its {nameof(HexagramClientOptions.Window)} is 0.");
            }

            if (_handler is not null)
            {
                throw new InvalidOperationException("This client has a handler already; it has one, which gets all messages in order.");
            }

            ObjectDisposedException.ThrowIf(_stopped, typeof(HexagramClient));
            _handler = handler;
            _running = Task.Run(RunAsync);
        }
    }

    /// <summary>Waits for the handler, whose token is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _stopped = true;
            running = _running;
        }

        await _stop.CancelAsync();
        await running;
        _stop.Dispose();
    }

    // ---- the connection -------------------------------------------------------------------

    /// <summary>What Hello says. A history that could not be saved at its Welcome is saved first.</summary>
    internal async Task<InboxPosition> PositionAsync()
    {
        if (_toAdopt is { } position)
        {
            await _store.AdoptAsync(position);
            _toAdopt = null;
        }

        lock (_gate)
        {
            return new InboxPosition(_inbox.Epoch, _inbox.Cursor);
        }
    }

    internal async ValueTask WelcomedAsync(Connection connection, Welcome welcome)
    {
        WelcomeStep step;
        lock (_gate)
        {
            _connection = connection;
            var anew = _inbox.Epoch != Epoch.None;
            step = _inbox.Welcomed(welcome.Epoch, welcome.ResumeAfter);
            if (step.Adopt is not null)
            {
                _mayHaveSeen |= anew;
                _toAdopt = step.Adopt;
                _historyEnds.TrySetResult();
                _historyEnds = NewEnd();
            }
        }

        if (step.Adopt is { } position)
        {
            await _store.AdoptAsync(position);
            _toAdopt = null;
            _logger.HistoryAdopted(position.Epoch, position.Cursor);
        }

        if (step.Gap is { } gap)
        {
            _items.Writer.TryWrite(new InboxItem(gap.Epoch, gap.To, null, gap));
        }
    }

    internal void Notified(MessageNotify message)
    {
        lock (_gate)
        {
            switch (_inbox.Notified(message.Sequence))
            {
                case InboxDecision.Take when _items.Reader.Count > _options.Window:
                    _connection?.End(ConnectionEnd.Ours($"the server sent more than the window of {_options.Window}"));
                    break;
                case InboxDecision.Take:
                    _items.Writer.TryWrite(new InboxItem(_inbox.Epoch, message.Sequence, message, null));
                    break;
                case InboxDecision.ConfirmAgain:
                    _connection?.Confirm(new AckRequest(_inbox.Epoch, _inbox.Cursor));
                    break;
                case InboxDecision.Reconnect:
                    _connection?.End(ConnectionEnd.Ours($"the server sent message {message.Sequence} where {_inbox.Received.Next} comes next"));
                    break;
            }
        }
    }

    internal void Disconnected()
    {
        lock (_gate)
        {
            _connection = null;
        }
    }

    // ---- the loop -------------------------------------------------------------------------

    private async Task RunAsync()
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync(_stop.Token))
            {
                if (item.Epoch == CurrentEpoch())
                {
                    await DoAsync(item);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed of: what is left in the queue comes again.
        }
    }

    private async Task DoAsync(InboxItem item)
    {
        if (item.Gap is { } gap)
        {
            _logger.MessagesMissing(gap.From, gap.To);
            _events.Missing(new MissingMessages(gap.From, gap.To));
            await CommitAsync(item, Commit(item, null));
        }
        else if (_mayHaveSeen && await InsistAsync(() => _store.HasSeenAsync(item.Key!.Value)))
        {
            await CommitAsync(item, Commit(item, null));
        }
        else if (_handler!.Plain is { } plain)
        {
            await HandleAsync(item, plain);
        }
        else
        {
            await HandleInTransactionAsync(item, _handler.Transactional!);
        }
    }

    private async Task HandleAsync(InboxItem item, Func<Message, CancellationToken, Task> handler)
    {
        var key = item.Key!.Value;
        for (var attempt = 1; ; attempt++)
        {
            if (_begun != key)
            {
                await InsistAsync(() => AsResult(_store.BeginAsync(key)));
                _begun = key;
            }

            FailPoint.Pass("inbox.begun");
            var message = ToMessage(item, attempt) with { Redelivered = attempt > 1 || key == _begunBefore };
            try
            {
                await InvokeAsync(() => handler(message, _stop.Token));
            }
            catch (Exception cause)
            {
                switch (await FailedAsync(item, message, cause))
                {
                    case (Next.Again, _):
                        continue;
                    case (Next.SetAside, var reason):
                        await SetAsideAsync(item, message, reason!);
                        return;
                    default:
                        return;
                }
            }

            FailPoint.Pass("inbox.handled");
            await CommitAsync(item, Commit(item, null));
            return;
        }
    }

    private async Task HandleInTransactionAsync(InboxItem item, Func<Message, System.Data.Common.DbTransaction, CancellationToken, Task> handler)
    {
        for (var attempt = 1; ; attempt++)
        {
            var transaction = await InsistAsync(() => _store.BeginTransactionAsync(Commit(item, null), _stop.Token));
            FailPoint.Pass("inbox.transaction");
            var message = ToMessage(item, attempt);
            try
            {
                await InTransactionAsync(transaction, () => handler(message, transaction.Transaction, _stop.Token));
            }
            catch (Exception cause)
            {
                switch (await FailedAsync(item, message, cause))
                {
                    case (Next.Again, _):
                        continue;
                    case (Next.SetAside, var reason):
                        await SetAsideAsync(item, message, reason!);
                        return;
                    default:
                        return;
                }
            }

            Confirm(item);
            return;
        }
    }

    /// <summary>Runs the handler and ends its transaction, whatever happens.</summary>
    private async Task InTransactionAsync(IInboxTransaction transaction, Func<Task> handler)
    {
        try
        {
            await InvokeAsync(handler);
        }
        catch
        {
            await transaction.RollbackAsync();
            throw;
        }

        FailPoint.Pass("inbox.handled");
        if (!await transaction.CommitAsync())
        {
            throw new InvalidOperationException("The handler rolled the transaction back and did not fail. Throw to have the message again, or leave the transaction to the client.");
        }
    }

    private async Task InvokeAsync(Func<Task> handler)
    {
        // Flows into the handler, and not back into the loop.
        _inHandler.Value = true;
        await handler();
    }

    private async Task<(Next Next, string? Reason)> FailedAsync(InboxItem item, Message message, Exception cause)
    {
        _stop.Token.ThrowIfCancellationRequested();
        if (cause is SetAsideException aside)
        {
            return (Next.SetAside, aside.Message);
        }

        var wait = _options.HandlerRetry.After(message.Attempt, Random.Shared);
        _logger.HandlerFailed(message.Id, message.From, message.Attempt, wait, cause);
        var failure = new HandlerFailedEventArgs(message, cause, wait);
        _events.Failed(failure);
        if (failure.SetAsideReason is { } reason)
        {
            return (Next.SetAside, reason);
        }

        Task ends;
        lock (_gate)
        {
            ends = item.Epoch == _inbox.Epoch ? _historyEnds.Task : Task.CompletedTask;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(ends, Task.Delay(wait, _time, waiting.Token));
        await waiting.CancelAsync();
        _stop.Token.ThrowIfCancellationRequested();
        return (ends.IsCompleted ? Next.Abandon : Next.Again, null);
    }

    private async Task SetAsideAsync(InboxItem item, Message message, string reason)
    {
        var aside = new SetAsideMessage(message, reason, _time.GetUtcNow());
        await CommitAsync(item, Commit(item, aside));
        _logger.SetAside(message.Id, message.From, reason);
        _events.SetAside(aside);
    }

    private InboxCommit Commit(InboxItem item, SetAsideMessage? aside)
    {
        var now = _clock.Now;
        return new InboxCommit(item.Epoch, item.UpTo, item.Key, NextToBegin(), aside, now, now - _clock.Horizon);
    }

    /// <summary>The begun mark of the next message goes with the commit of this one, when it is already there.</summary>
    private MessageKey? NextToBegin() =>
        _handler!.Plain is not null && _items.Reader.TryPeek(out var next) && next.Epoch == CurrentEpoch() ? next.Key : null;

    private async Task CommitAsync(InboxItem item, InboxCommit commit)
    {
        await InsistAsync(() => AsResult(_store.CommitAsync(commit)));
        _begun = commit.Next;
        FailPoint.Pass("inbox.committed");
        Confirm(item);
    }

    private void Confirm(InboxItem item)
    {
        lock (_gate)
        {
            if (_inbox.Committed(item.Epoch, item.UpTo) is { } confirmation)
            {
                _connection?.Confirm(confirmation);
            }
        }
    }

    /// <summary>A store that fails blocks the stream, visibly, and is asked again.</summary>
    private async Task<T> InsistAsync<T>(Func<Task<T>> work)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await work();
            }
            catch (ClientStoreException fault)
            {
                _logger.StoreFailed(fault);
                _events.StoreFailed(fault);
                await Task.Delay(_options.HandlerRetry.After(failures, Random.Shared), _time, _stop.Token);
            }
        }
    }

    private static async Task<bool> AsResult(Task task)
    {
        await task;
        return true;
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

    private Epoch CurrentEpoch()
    {
        lock (_gate)
        {
            return _inbox.Epoch;
        }
    }

    private static TaskCompletionSource NewEnd() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private enum Next
    {
        Again,
        SetAside,
        Abandon,
    }
}

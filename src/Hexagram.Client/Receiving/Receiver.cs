using System.Threading.Channels;
using Hexagram.Client.Connections;
using Hexagram.Client.Stores;
using Hexagram.Client.Telemetry;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Receiving;

/// <summary>
/// The shell around the <see cref="Inbox"/>: takes what the server brings and queues it for the handler, confirms what is committed. One
/// lock orders what concerns the inbox; the handler runs in <see cref="HandlerLoop"/>, outside the lock.
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly HexagramClientOptions _options;
    private readonly IInboxStore _store;
    private readonly ILogger _logger;
    private readonly HandlerLoop _loop;
    private readonly Lock _gate = new();
    private readonly Inbox _inbox;
    private readonly Channel<InboxItem> _items = Channel.CreateUnbounded<InboxItem>();
    private volatile MessageHandler? _handler;
    private readonly ConfirmTraces _confirmTraces = new();
    private TaskCompletionSource _historyEnds = NewEnd();
    private WelcomeStep? _toAdopt;
    private long _waitingBytes;
    private Connection? _connection;
    private bool _disposed;

    internal Receiver(HexagramClientOptions options, IInboxStore store, StoredClient stored, ServerClock clock, ReceiverEvents events)
    {
        _options = options;
        _store = store;
        _logger = options.Logger;
        _inbox = new Inbox(stored.Position.Epoch, stored.Position.Cursor);
        _loop = new HandlerLoop(options, store, stored, clock, events, this, _items.Reader);
    }

    /// <summary>What Hello asks for: nothing before there is a handler.</summary>
    internal int Window => _handler is null ? 0 : _options.Window;

    internal bool IsInsideHandler => _loop.IsInsideHandler;

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
                throw new InvalidOperationException("This client's messages go to a handler or a reader already. There is one at a time, which gets all of them in order: register one handler, or end the loop over ReadAllAsync before the next begins.");
            }

            ObjectDisposedException.ThrowIf(_disposed, typeof(HexagramClient));
            _handler = handler;
            _loop.Start(handler);
        }
    }

    /// <summary>The same for whichever handler there is.</summary>
    internal Task StopAsync() => _handler is { } handler ? StopAsync(handler) : Task.CompletedTask;

    /// <summary>Waits for this handler, whose token is cancelled, and makes place for another.</summary>
    internal async Task StopAsync(MessageHandler handler)
    {
        if (!ReferenceEquals(_handler, handler))
        {
            return;
        }

        await _loop.StopAsync();
        lock (_gate)
        {
            _handler = null;
        }
    }

    /// <summary>Waits for the handler, whose token is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        await _loop.StopAsync();
    }

    // ---- the connection -------------------------------------------------------------------

    /// <summary>What Hello says. A history that could not be saved at its Welcome is saved first.</summary>
    internal async Task<InboxPosition> PositionAsync()
    {
        await AdoptAsync();
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
                _loop.LookForSeen |= anew;
                DropWaiting();
                _historyEnds.TrySetResult();
                _historyEnds = NewEnd();
            }
        }

        _toAdopt = step;
        await AdoptAsync();
    }

    /// <summary>
    /// Saves the history of the last Welcome, then queues its gap; what fails is done before the next Hello. Without the gap, the next message
    /// committed would take the cursor over what is missing, and nobody would be told.
    /// </summary>
    private async ValueTask AdoptAsync()
    {
        if (_toAdopt is not { } step)
        {
            return;
        }

        if (step.Adopt is { } position)
        {
            await _store.AdoptAsync(position);
            _logger.HistoryAdopted(position.Epoch, position.Cursor);
        }

        _toAdopt = null;
        if (step.Gap is { } gap)
        {
            _items.Writer.TryWrite(new InboxItem(gap.Epoch, gap.To, null, gap));
        }
    }

    internal void Notified(MessageNotify message)
    {
        lock (_gate)
        {
            // Asked before the inbox hears of it: what it has taken, it does not take again.
            if (message.Sequence > _inbox.Received && WhatIsFull() is { } full)
            {
                _connection?.End(ConnectionEnd.Ours($"the server sent more than the window of {full}"));
                return;
            }

            switch (_inbox.Notified(message.Sequence))
            {
                case InboxDecision.Take:
                    _waitingBytes += message.Body.Content.Length;
                    _items.Writer.TryWrite(new InboxItem(_inbox.Epoch, message.Sequence, message, null)
                    {
                        NotifiedAt = ClientTelemetry.Activities.HasListeners() ? _options.TimeProvider.GetUtcNow() : null,
                    });
                    break;
                case InboxDecision.ConfirmAgain:
                    ClientTelemetry.Duplicates.Add(1);
                    _connection?.Confirm(new AckRequest(_inbox.Epoch, _inbox.Cursor));
                    break;
                case InboxDecision.Reconnect:
                    _connection?.End(ConnectionEnd.Ours($"the server sent message {message.Sequence} where {_inbox.Received.Next} comes next"));
                    break;
            }
        }
    }

    /// <summary>ack:A has come.</summary>
    internal void Acknowledged(AckAcknowledge acknowledge)
    {
        lock (_gate)
        {
            _confirmTraces.Acknowledged(acknowledge.UpTo);
        }
    }

    internal void Disconnected()
    {
        lock (_gate)
        {
            _connection = null;
            _confirmTraces.Disconnected();
        }
    }

    // ---- the handler's loop ---------------------------------------------------------------

    /// <summary>The item no longer waits. False when it belongs to another history than the one that the inbox follows: then it is dropped.</summary>
    internal bool Take(InboxItem item)
    {
        lock (_gate)
        {
            if (item.Epoch != _inbox.Epoch)
            {
                return false;
            }

            _waitingBytes -= item.Message?.Body.Content.Length ?? 0;
            return true;
        }
    }

    /// <summary>Completes when the history of the item has ended, and with it the wish to have it handled.</summary>
    internal Task WhenHistoryEnds(InboxItem item)
    {
        lock (_gate)
        {
            return item.Epoch == _inbox.Epoch ? _historyEnds.Task : Task.CompletedTask;
        }
    }

    /// <summary>The item is committed: ack:R.</summary>
    internal void Committed(InboxItem item)
    {
        FailPoint.Pass("inbox.committed");
        lock (_gate)
        {
            if (_inbox.Committed(item.Epoch, item.UpTo) is { } confirmation)
            {
                if (item.Message is { } message && _connection is not null)
                {
                    _confirmTraces.Begin(message.Id, item.UpTo);
                }

                _connection?.Confirm(confirmation);
            }
        }
    }

    /// <summary>The history has ended: what waits for the handler takes no place from what the next one brings. Under the gate.</summary>
    private void DropWaiting()
    {
        while (_items.Reader.TryRead(out _))
        {
        }

        _waitingBytes = 0;
    }

    /// <summary>Which window holds more than an honest server fills, one entry beyond its end; null when there is room. Under the gate.</summary>
    private string? WhatIsFull() =>
        _items.Reader.Count > _options.Window ? $"{_options.Window}"
        : _waitingBytes > _options.WindowBytes ? $"{_options.WindowBytes} bytes"
        : null;

    private static TaskCompletionSource NewEnd() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using System.Data.Common;
using System.Runtime.CompilerServices;
using Hexagram.Client.Connections;
using Hexagram.Client.Receiving;
using Hexagram.Client.Sending;
using Hexagram.Client.Stores;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Client;

/// <summary>
/// A user's device: sends messages that are not lost, receives each once and in order, and stays connected by itself.
/// Thread-safe. Events are raised one after the other, never under a lock; what they throw is logged.
/// </summary>
/// <example>
/// <code>
/// await using var client = await HexagramClient.OpenAsync(new() { Server = new("tcp://127.0.0.1:7000"), Token = token, Store = ClientStore.Sqlite("alice") });
/// client.OnMessage(async (message, cancellationToken) => Console.WriteLine($"{message.From}: {message.Text}"));
/// var sent = await client.SendAsync("bob", "你好");
/// await sent.Delivered;
/// </code>
/// </example>
public sealed class HexagramClient : IAsyncDisposable
{
    private readonly HexagramClientOptions _options;
    private readonly IClientStore _store;
    private readonly Sender _sender;
    private readonly Receiver _receiver;
    private readonly Connector _connector;
    private readonly EventQueue _events;
    private readonly Lock _gate = new();
    private ConnectionState _state = new ConnectionState.Connecting();
    private TaskCompletionSource _stateChange = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _disposing;

    private HexagramClient(HexagramClientOptions options, IClientStore store)
    {
        _options = options;
        _store = store;
        _events = new EventQueue(options.Logger);
        var stored = store.Load();
        Device = stored.Device;
        var clock = new ServerClock(options.TimeProvider, stored.ClockOffset);
        _sender = new Sender(options, store, stored, clock, new SenderEvents(
            fault => _events.Raise(StoreFailed, this, fault),
            defect => _connector!.Fail(defect)));
        _receiver = new Receiver(options, store, stored, clock, new ReceiverEvents(
            failure => _events.RaiseNow(HandlerFailed, this, failure),
            missing => _events.Raise(MessagesMissing, this, missing),
            aside => _events.Raise(MessageSetAside, this, aside),
            fault => _events.Raise(StoreFailed, this, fault),
            defect => _connector!.Fail(defect)));
        _connector = new Connector(options, store, stored, clock, _sender, _receiver, SetState);
    }

    /// <summary>The connection has changed its state.</summary>
    public event EventHandler<ConnectionState>? StateChanged;

    /// <summary>The handler has failed; see <see cref="HandlerFailedEventArgs"/>. Raised before the wait for the next attempt.</summary>
    public event EventHandler<HandlerFailedEventArgs>? HandlerFailed;

    /// <summary>A message was set aside.</summary>
    public event EventHandler<SetAsideMessage>? MessageSetAside;

    /// <summary>Messages are missing in the stream, for ever.</summary>
    public event EventHandler<MissingMessages>? MessagesMissing;

    /// <summary>
    /// The store cannot be written. What was handled is saved again until it succeeds, and no further message is handled before; what is about to be sent waits.
    /// </summary>
    public event EventHandler<ClientStoreException>? StoreFailed;

    /// <summary>Which installation of the user this is.</summary>
    public DeviceId Device { get; }

    /// <summary>How the client stands with its server.</summary>
    public ConnectionState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>
    /// Opens the store and begins to connect in the background. Sending works at once, also offline; receiving begins with <see cref="OnMessage"/>
    /// or <see cref="ReadAllAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">An option cannot be meant; the message says which.</exception>
    /// <exception cref="ClientStoreException">The store is in use, damaged or cannot be written.</exception>
    public static async Task<HexagramClient> OpenAsync(HexagramClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        // Opening a file and reading what waits in it takes its time; a caller with a user interface must not wait for that.
        return await Task.Run(() => Open(options), cancellationToken);
    }

    /// <summary>The same on the caller's thread, for whoever has one to spare: a container makes its services without awaiting.</summary>
    internal static HexagramClient Open(HexagramClientOptions options)
    {
        options.Validate();
        var store = options.Store.Open(options);
        HexagramClient client;
        try
        {
            client = new HexagramClient(options, store);
        }
        catch
        {
            // Nothing waits to be written, so this is quick; and whoever tries again finds the file free.
            store.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }

        client._connector.Start();
        (store as IEnqueuedStore)?.StartTaking(client._sender.SendAsync, client._connector.Fail);
        return client;
    }

    /// <summary>Sends a text; see <see cref="SendAsync(UserId, Body, CancellationToken)"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="to"/> cannot be a user id, or the text has no UTF-8 form.</exception>
    public Task<SentMessage> SendAsync(string to, string text, CancellationToken cancellationToken = default) =>
        SendAsync(new UserId(to), Body.FromText(text), cancellationToken);

    /// <summary>Sends text or bytes; see <see cref="SendAsync(UserId, Body, CancellationToken)"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="to"/> cannot be a user id.</exception>
    public Task<SentMessage> SendAsync(string to, Body body, CancellationToken cancellationToken = default) =>
        SendAsync(new UserId(to), body, cancellationToken);

    /// <summary>
    /// Puts a message into the outbox. Messages to one recipient arrive in the order in which this was <i>called</i>, awaited or not.
    /// </summary>
    /// <param name="to">The recipient.</param>
    /// <param name="body">Text or bytes; memory that is handed over must not be written to again.</param>
    /// <param name="cancellationToken">Looked at before anything happens; later, use <see cref="CancelAsync"/>.</param>
    /// <returns>Completes when the message is durable on this device: from then on it is sent until it is delivered, also after a restart.</returns>
    /// <exception cref="OutboxFullException">The outbox holds as much as it may.</exception>
    /// <exception cref="ClientStoreException">
    /// It could not be saved, and is not sent by this client. After a disk error nobody knows whether it is on the disk: it is sent if it is found there when
    /// the store is opened again (<see cref="ListOutbox"/>). After any other failure, such as a full disk, it is not there.
    /// </exception>
    public Task<SentMessage> SendAsync(UserId to, Body body, CancellationToken cancellationToken = default)
    {
        // An id that was never set would fail where nobody could tell whose it is.
        _ = to.Value;
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<SentMessage>(cancellationToken);
        }

        if (body.Content.Length > ProtocolLimits.BodyBytesMaxCeiling)
        {
            throw new ArgumentException($"A body of {body.Content.Length} bytes is larger than any server takes ({ProtocolLimits.BodyBytesMaxCeiling}).", nameof(body));
        }

        return _sender.SendAsync(to, body);
    }

    /// <summary>Stops sending a message.</summary>
    /// <returns>
    /// <see cref="CancelOutcome.Cancelled"/> when it has not left the device, and never will; <see cref="CancelOutcome.MayStillArrive"/> when it
    /// had; <see cref="CancelOutcome.NotWaiting"/> when it is no longer in the outbox. Completes when that is durable.
    /// </returns>
    /// <exception cref="ClientStoreException">The store cannot be written. This client does not send the message again, but the next one would: call this again.</exception>
    /// <exception cref="InvalidOperationException">Called in a handler's transaction, or for a message that is being sent in one.</exception>
    public Task<CancelOutcome> CancelAsync(SentMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (_store.IsInTransaction)
        {
            throw new InvalidOperationException("A message cannot be cancelled in a handler's transaction, which might be undone. Cancel it after the handler.");
        }

        return _sender.CancelAsync(message);
    }

    /// <summary>Every message in the outbox that is not delivered, in the order of the calls, also those of earlier runs.</summary>
    public IReadOnlyList<SentMessage> ListOutbox() => _sender.List();

    /// <summary>Reads what a message in the outbox carries: after a restart, an application can show what still waits.</summary>
    /// <returns>The body; null when the message is not in this client's outbox: delivered, refused or cancelled, or another client's.</returns>
    /// <exception cref="ClientStoreException">The store cannot be read.</exception>
    public async Task<Body?> ReadBodyAsync(SentMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!_sender.Owns(message))
        {
            return null;
        }

        var bodies = await _store.ReadBodiesAsync([message.Entry.Number]).WaitAsync(cancellationToken);
        return bodies.TryGetValue(message.Entry.Number, out var body) ? body : (Body?)null;
    }

    /// <summary>
    /// Hands every message to <paramref name="handler"/>, in order and one at a time, and confirms it when the handler has succeeded. One whose handler
    /// throws comes again, before all others. Should the process end between the handler's end and the mark that follows, that one message
    /// comes again as <see cref="Message.Redelivered"/>; see <see cref="OnMessageInTransaction"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a handler or a reader already, or the client only sends.</exception>
    public void OnMessage(Func<Message, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Receive(new MessageHandler(handler, null));
    }

    /// <summary>
    /// As <see cref="OnMessage"/>, and exactly once: what the handler writes with the transaction's connection, to tables of its own in the client's
    /// SQLite file, or in the application's database when the store is there, is committed together with the mark that the message has been handled. The
    /// client commits; a handler that throws has its writes undone. Messages that the handler sends belong to the transaction too: they leave when it is committed, and never if it is not. (So
    /// do not wait in the handler for their being accepted.) <see cref="SendAsync(UserId, Body, CancellationToken)"/> writes with the transaction's connection before it
    /// returns; call it only where a command of the handler's own could run. While the handler runs, nothing else is written to the store, so it should be quick.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a handler or a reader already, the client only sends, or its store is in memory.</exception>
    public void OnMessageInTransaction(Func<Message, DbTransaction, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (!_store.HasTransactions)
        {
            throw new InvalidOperationException("A store in memory has no transactions; use ClientStore.Sqlite.");
        }

        Receive(new MessageHandler(null, handler));
    }

    /// <summary>
    /// Every message, in order and one at a time, for an <c>await foreach</c>. A message is confirmed when the loop asks for the next one: a loop that is left by
    /// <c>break</c>, <c>return</c> or an exception has not confirmed the message it was left in, and the next reader or handler of this client, or of the
    /// next process, gets that message first, as <see cref="Message.Redelivered"/>. A loop that asks for the next one after cancellation has confirmed the one before.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for the next message; the loop then throws <see cref="OperationCanceledException"/>.</param>
    /// <returns>Ends when the client is disposed of.</returns>
    /// <exception cref="InvalidOperationException">
    /// From the first step of the loop: there is a handler, or another loop that has not ended; or the client only sends.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of while the loop had a message, which is not confirmed and comes again.</exception>
    public async IAsyncEnumerable<Message> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var reader = new MessageReader(_receiver);
        _connector.Receive();
        while (await reader.NextAsync(cancellationToken) is { } message)
        {
            yield return message;
        }
    }

    /// <summary>What was set aside, oldest first.</summary>
    public Task<IReadOnlyList<SetAsideMessage>> ListSetAsideAsync() => _store.ReadSetAsideAsync();

    /// <summary>Removes a message that was set aside; false when it was no longer there.</summary>
    public Task<bool> RemoveSetAsideAsync(SetAsideMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _store.RemoveSetAsideAsync(new MessageKey(message.Message.From, message.Message.Id));
    }

    /// <summary>Connects now, when the client waits or has stopped. A connection that is up stays.</summary>
    public void Reconnect()
    {
        lock (_gate)
        {
            // Whoever waits from now on waits for the attempt that follows, and is not told why the last one ended.
            if (_state is ConnectionState.Stopped { Cause: not (StopCause.Disposed or StopCause.Defect) })
            {
                _state = new ConnectionState.Connecting();
            }
        }

        _connector.Wake();
    }

    /// <summary>Completes when the client is connected.</summary>
    /// <exception cref="InvalidOperationException">The client has stopped; the message says why.</exception>
    public async Task WhenConnectedAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (_state is ConnectionState.Connected)
                {
                    return;
                }

                if (_state is ConnectionState.Stopped stopped)
                {
                    throw new InvalidOperationException(stopped.Reason);
                }

                change = _stateChange.Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Waits for the handler, lets the last confirmations out, closes the connection and the store. What waits in the outbox
    /// goes on when the store is opened again.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (_receiver.IsInsideHandler)
        {
            throw new InvalidOperationException("A client cannot be disposed of by its own handler: it waits for the handler to end.");
        }

        lock (_gate)
        {
            return new ValueTask(_disposing ??= Task.Run(CloseAsync));
        }
    }

    /// <summary>Where its outbox and inbox are.</summary>
    internal IClientStore Store => _store;

    private void Receive(MessageHandler handler)
    {
        _receiver.Start(handler);
        _connector.Receive();
    }

    /// <summary>Waits for the handler or reader, whose token is cancelled. Sending goes on, and another handler may come.</summary>
    internal Task StopHandlingAsync() => _receiver.StopAsync();

    private async Task CloseAsync()
    {
        await _receiver.DisposeAsync();
        await _connector.DisposeAsync();
        _sender.Close();
        await _store.DisposeAsync();
        await _events.CompleteAsync();
    }

    private void SetState(ConnectionState state)
    {
        lock (_gate)
        {
            _state = state;
            _stateChange.TrySetResult();
            _stateChange = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (state is ConnectionState.Stopped { Cause: not StopCause.Disposed } stopped)
        {
            _options.Logger.Stopped(stopped.Cause, stopped.Reason);
        }

        _events.Raise(StateChanged, this, state);
    }
}

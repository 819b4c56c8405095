using Hexagram.Client.Receiving;
using Hexagram.Client.Sending;
using Hexagram.Client.Stores;
using Hexagram.Client.Telemetry;
using Hexagram.Protocol;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Connections;

/// <summary>
/// Keeps a connection: makes one, waits when it ends, makes the next; one at a time. What the server's codes ask for is done
/// here (PROTOCOL §10): retry with growing waits, ask for another token, or stop.
/// </summary>
internal sealed class Connector : IAsyncDisposable
{
    /// <summary>So many connection numbers are made durable with one write.</summary>
    private const int NumbersReserved = 16;

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LivedAfter = TimeSpan.FromSeconds(30);

    private readonly HexagramClientOptions _options;
    private readonly IClientStore _store;
    private readonly DeviceId _device;
    private readonly ServerClock _clock;
    private readonly Sender _sender;
    private readonly Receiver _receiver;
    private readonly Action<ConnectionState> _stateChanged;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _wake = NewWake();
    private volatile Connection? _connection;
    private string? _token;
    private UserId? _user;
    private TimeSpan _savedOffset;
    private long _lastNumber;
    private long _reservedNumber;
    private volatile ConnectionEnd? _defect;
    private bool _receives;
    private bool _welcomed;
    private bool _welcomedBefore;
    private volatile bool _leaves;
    private Task _running = Task.CompletedTask;

    internal Connector(HexagramClientOptions options, IClientStore store, StoredClient stored, ServerClock clock, Sender sender, Receiver receiver, Action<ConnectionState> stateChanged)
    {
        _options = options;
        _store = store;
        _device = stored.Device;
        _clock = clock;
        _sender = sender;
        _receiver = receiver;
        _stateChanged = stateChanged;
        _time = options.TimeProvider;
        _logger = options.Logger;
        _user = stored.User;
        _savedOffset = stored.ClockOffset;
        _lastNumber = stored.LastConnection.Value;
        _reservedNumber = stored.LastConnection.Value;
    }

    /// <summary>The server's address, for people.</summary>
    private string Server => $"{_options.Server}".TrimEnd('/');

    internal void Start() => _running = Task.Run(RunAsync);

    /// <summary>Connects now: ends a wait or a stop. A connection that is up stays.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
        }
    }

    /// <summary>There is a handler now: a connection whose Hello said "I only send" makes place for one that receives.</summary>
    internal void Receive()
    {
        lock (_gate)
        {
            if (!_receives)
            {
                _connection?.End(ConnectionEnd.Ours("a handler was registered") with { AtOnce = true });
            }
        }
    }

    /// <summary>The client found a mistake in itself: it ends the connection, also one that is being made, and makes no other.</summary>
    internal void Fail(Exception defect)
    {
        var end = ConnectionEnd.Ours(defect.ToString()) with { Stop = StopCause.Defect };
        lock (_gate)
        {
            if (_leaves)
            {
                return;
            }

            _defect ??= end;
            _connection?.End(end);
            _ = _stop.CancelAsync();
        }
    }

    /// <summary>Lets the last confirmations out, closes, and does not connect again.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            // From here on no end of a connection is a reason to make another, nor to say so.
            _leaves = true;
        }

        if (_connection is { } connection)
        {
            await connection.CloseAsync(_options.CloseTimeout);
        }

        await _stop.CancelAsync();
        await _running;
        _stateChanged(new ConnectionState.Stopped(StopCause.Disposed, "The client was disposed of.", ErrorCode.None));
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await KeepConnectedAsync();
        }
        catch (Exception defect)
        {
            _stateChanged(new ConnectionState.Stopped(StopCause.Defect, $"The client failed: {defect}", ErrorCode.None));
        }
    }

    private async Task KeepConnectedAsync()
    {
        var failures = 0;
        while (!_leaves)
        {
            _stateChanged(new ConnectionState.Connecting());
            var began = _time.GetTimestamp();
            var end = _defect ?? await AttemptAsync();
            if (_leaves)
            {
                return;
            }

            lock (_gate)
            {
                _wake = NewWake();
                end = _defect ?? end;
            }

            _logger.ConnectionEnded(end.Code, end.Reason);
            if (Verdict(end) is { } stopped)
            {
                failures = 0;
                _stateChanged(stopped);
                if (stopped.Cause == StopCause.Defect)
                {
                    return;
                }

                await WakeAsync(Timeout.InfiniteTimeSpan);
                continue;
            }

            // A connection that has lived starts the count anew; a server that only ever says Welcome and Goodbye does not (PROTOCOL §11).
            failures = _welcomed && _time.GetElapsedTime(began) >= LivedAfter ? 1 : failures + 1;
            var wait = end.AtOnce ? TimeSpan.Zero : _options.Reconnect.After(failures, Random.Shared);
            wait = wait > end.RetryAfter ? wait : end.RetryAfter;
            if (wait > TimeSpan.Zero)
            {
                var since = _time.GetTimestamp();
                _stateChanged(new ConnectionState.Waiting(_time.GetUtcNow() + wait, end.Reason, end.Code));
                await WakeAsync(wait - _time.GetElapsedTime(since));
            }
        }
    }

    /// <summary>One connection from its number to its end. Never throws.</summary>
    private async Task<ConnectionEnd> AttemptAsync()
    {
        try
        {
            _welcomed = false;
            _token ??= await TokenAsync();
            var number = await NextNumberAsync();
            await using var connection = new Connection(await ConnectAsync(), _store, _options);
            await using var ending = _stop.Token.Register(() => connection.End(ConnectionEnd.Ours("the client was disposed of")));
            var receives = Begin(connection);
            var position = receives ? await _receiver.PositionAsync() : default;
            var window = receives ? _options.Window : 0;
            connection.Post(new Hello(_token, _device, number, position.Epoch, position.Cursor, window, _options.WindowBytes, _options.Start, _options.Software));
            return await connection.RunAsync(packet =>
            {
                if (_welcomed || packet is not Welcome welcome)
                {
                    Received(connection, packet);
                    return ValueTask.CompletedTask;
                }

                _welcomed = true;
                return WelcomedAsync(connection, welcome, receives);
            });
        }
        catch (Exception cause)
        {
            return cause switch
            {
                OperationCanceledException => ConnectionEnd.Ours($"no connection to {Server} within {_options.ConnectTimeout.TotalSeconds:0} s"),
                _ when Dialer.IsFailure(cause) => ConnectionEnd.Ours($"cannot connect to {Server}: {cause.GetBaseException().Message}"),
                TokenException => ConnectionEnd.Ours(cause.Message),
                ClientStoreException => ConnectionEnd.Ours(cause.Message),
                _ => ConnectionEnd.Ours($"the client failed: {cause.Message}") with { Stop = StopCause.Defect },
            };
        }
        finally
        {
            lock (_gate)
            {
                _connection = null;
            }

            _receiver.Disconnected();
            _sender.Disconnected();
        }
    }

    /// <summary>Decides what the connection is for; a handler that is registered later finds it here.</summary>
    private bool Begin(Connection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            return _receives = _receiver.Window > 0;
        }
    }

    private async Task<string> TokenAsync()
    {
        if (_options.Token is { } token)
        {
            return token;
        }

        try
        {
            token = await _options.TokenProvider!(_stop.Token);
        }
        catch (Exception cause)
        {
            throw new TokenException($"the token provider failed: {cause.Message}", cause);
        }

        return token is not null && HexagramClientOptions.IsToken(token)
            ? token
            : throw new TokenException($"the token provider gave something that is not 1 to {ProtocolLimits.TokenCharactersMax} characters of printable ASCII", null);
    }

    private async Task<ConnectionNumber> NextNumberAsync()
    {
        if (_lastNumber == _reservedNumber)
        {
            await _store.ReserveConnectionsAsync(new ConnectionNumber(_reservedNumber + NumbersReserved));
            _reservedNumber += NumbersReserved;
        }

        return new ConnectionNumber(++_lastNumber);
    }

    private async Task<IPacketTransport> ConnectAsync()
    {
        using var patience = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        return await Dialer.DialAsync(_options, either.Token);
    }

    private async ValueTask WelcomedAsync(Connection connection, Welcome welcome, bool receives)
    {
        connection.Welcomed();
        if (Stranger(welcome.User) is { } words)
        {
            connection.End(new ConnectionEnd(ErrorCode.None, words, TimeSpan.Zero) { Stop = StopCause.OtherUser });
            return;
        }

        if (_user is null)
        {
            await _store.SaveUserAsync(welcome.User);
            _user = welcome.User;
        }

        var offset = _clock.Set(welcome);
        if ((offset - _savedOffset).Duration() > ClockTolerance)
        {
            _savedOffset = offset;
            _store.SaveClock(offset);
        }

        if (receives)
        {
            await _receiver.WelcomedAsync(connection, welcome);
        }

        if (_welcomedBefore)
        {
            ClientTelemetry.Reconnects.Add(1);
        }

        _welcomedBefore = true;
        _sender.Connected(connection, welcome);
        _logger.Connected(welcome.User, welcome.Epoch, welcome.Last);
        _stateChanged(new ConnectionState.Connected(welcome.User));
    }

    /// <summary>Why the client cannot be <paramref name="known"/>, as whom the server knows it; null when it can.</summary>
    private string? Stranger(UserId known) =>
        _options.User is { } wanted && wanted != known ? $"The token is that of {known}, and this client is to be {wanted}. Use a token for {wanted}."
        : _user is { } owner && owner != known ? $"The server knows this client as {known}, and its store belongs to {owner}. Use a store for each user."
        : null;

    private void Received(Connection connection, Packet packet)
    {
        switch (packet)
        {
            case Goodbye goodbye:
                connection.End(ConnectionEnd.Said(goodbye));
                break;
            case Ping:
                connection.AnswerPing();
                break;
            case Pong:
                break;
            case MessageNotify message when _welcomed:
                _receiver.Notified(message);
                break;
            case AckAcknowledge acknowledge when _welcomed:
                connection.Acknowledged(acknowledge);
                _receiver.Acknowledged(acknowledge);
                break;
            case MessageAcknowledge or AckNotify or StatusAcknowledge or Error when _welcomed:
                _sender.Received(packet);
                break;
            default:
                connection.Refuse(ErrorCode.ProtocolViolation, $"the server sent {packet.GetType().Name} where it has no place");
                break;
        }
    }

    /// <summary>Whether to stop, and if so why.</summary>
    private ConnectionState.Stopped? Verdict(ConnectionEnd end)
    {
        if (end.Stop is { } cause)
        {
            return new ConnectionState.Stopped(cause, end.Reason, end.Code);
        }

        if (end.Code == ErrorCode.None)
        {
            return null;
        }

        switch (end.Code.Remedy())
        {
            case ErrorRemedy.RetryLater:
                return null;
            case ErrorRemedy.Authenticate:
                _token = null;
                return _options.TokenProvider is not null
                    ? null
                    : new ConnectionState.Stopped(StopCause.TokenRefused, $"The server does not accept the token: {end.Reason} Open the client with another one, or with a {nameof(HexagramClientOptions.TokenProvider)}.", end.Code);
            default:
                return end.Code == ErrorCode.Superseded
                    ? new ConnectionState.Stopped(StopCause.Superseded, $"A newer connection of this device has taken over: {end.Reason}", end.Code)
                    : new ConnectionState.Stopped(StopCause.Refused, $"The server ended the connection for good: {end.Reason}", end.Code);
        }
    }

    private async Task WakeAsync(TimeSpan timeout)
    {
        Task wake;
        lock (_gate)
        {
            wake = _wake.Task;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timeout = timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : timeout;
        await Task.WhenAny(wake, Task.Delay(timeout, _time, either.Token));
        await either.CancelAsync();
    }

    private static TaskCompletionSource NewWake() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There is no token to say Hello with.</summary>
    private sealed class TokenException(string message, Exception? cause) : Exception(message, cause);
}

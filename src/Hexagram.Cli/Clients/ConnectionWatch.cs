using Hexagram.Cli.Output;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Clients;

/// <summary>
/// Tells people about the connection, each thing once, and ends the command when trying again cannot help. Thread-safe.
/// </summary>
internal sealed class ConnectionWatch : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly HexagramClient _client;
    private readonly ClientSettings _settings;
    private readonly Screen _screen;
    private readonly Lock _gate = new();
    private ConnectionState.Waiting? _last;
    private bool _tellConnected;
    private bool _isOver;

    /// <summary>Watches a client for as long as it lives.</summary>
    /// <param name="client">The client.</param>
    /// <param name="settings">Who it is and where it connects.</param>
    /// <param name="screen">Gets the notes.</param>
    /// <param name="tellConnected">Whether the first connection is worth a note too: there may be nothing else to see for a long time.</param>
    public ConnectionWatch(HexagramClient client, ClientSettings settings, Screen screen, bool tellConnected)
    {
        _tellConnected = tellConnected;
        _client = client;
        _settings = settings;
        _screen = screen;
        client.StateChanged += Heard;
        Heard(client.State);
    }

    /// <summary>Cancelled when trying again cannot help; <see cref="Failure"/> says why.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Why the command cannot go on; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>The server's address, for people.</summary>
    private string Server => _settings.Server.GetLeftPart(UriPartial.Authority);

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.StateChanged -= Heard;
        lock (_gate)
        {
            // What is under way has been heard by then; what comes now is nobody's business any more.
            _isOver = true;
        }

        _over.Dispose();
    }

    private void Heard(object? sender, ConnectionState state) => Heard(state);

    private void Heard(ConnectionState state)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            if (FailureOf(state) is { } failure)
            {
                Fail(failure);
            }
            else if (state is ConnectionState.Waiting waiting && waiting.Reason != _last?.Reason)
            {
                Tell(waiting);
            }
            else if (state is ConnectionState.Connected && _tellConnected)
            {
                _last = null;
                _tellConnected = false;
                _screen.Note($"Connected to {Server} as {_settings.User}.");
            }
        }
    }

    /// <summary>Why trying again cannot help; null when it can.</summary>
    private string? FailureOf(ConnectionState state) => state switch
    {
        ConnectionState.Stopped { Code: ErrorCode.TokenInvalid } or ConnectionState.Waiting { Code: ErrorCode.TokenInvalid } => _settings.Token is null
            ? $"{Server} does not accept tokens made with this key: it belongs to another server. Name the right server's folder with --data DIR, or pass --token T."
            : $"{Server} does not accept this token: another server has signed it, or somebody whom it does not trust. Get one with 'hexagram token {_settings.User}' there.",
        ConnectionState.Stopped { Cause: StopCause.TokenRefused } =>
            $"The token has expired. Pass a new one with --token T or in HEXAGRAM__TOKEN; 'hexagram token {_settings.User}' makes one where the server's key is.",
        ConnectionState.Stopped { Cause: not StopCause.Disposed } stopped => stopped.Reason,
        _ => null,
    };

    private void Tell(ConnectionState.Waiting waiting)
    {
        // A server that has said that it restarts cannot be reached for a while: that is no news.
        var isNews = _last is not { Code: ErrorCode.Restarting } || waiting.Code != ErrorCode.None;
        _last = waiting;
        _tellConnected = true;
        if (isNews)
        {
            _screen.Note($"Not connected: {waiting.Reason.TrimEnd('.')}. Trying again.");
        }
    }

    private void Fail(string reason)
    {
        if (Failure is null)
        {
            Failure = reason;
            _over.Cancel();
        }
    }
}

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
    private readonly ClientSettings _settings;
    private readonly Screen _screen;
    private readonly Lock _gate = new();
    private string _lastReason = "";
    private bool _tellConnected;

    /// <summary>Watches a client for as long as it lives.</summary>
    /// <param name="client">The client.</param>
    /// <param name="settings">Who it is and where it connects.</param>
    /// <param name="screen">Gets the notes.</param>
    /// <param name="tellConnected">Whether the first connection is worth a note too: there may be nothing else to see for a long time.</param>
    public ConnectionWatch(HexagramClient client, ClientSettings settings, Screen screen, bool tellConnected)
    {
        _tellConnected = tellConnected;
        _settings = settings;
        _screen = screen;
        client.StateChanged += (_, state) => Heard(state);
        Heard(client.State);
    }

    /// <summary>Cancelled when trying again cannot help; <see cref="Failure"/> says why.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Why the command cannot go on; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _over.Dispose();

    private void Heard(ConnectionState state)
    {
        lock (_gate)
        {
            switch (state)
            {
                case ConnectionState.Stopped { Cause: not StopCause.Disposed } stopped:
                    Fail(stopped.Reason);
                    break;
                case ConnectionState.Waiting { Code: ErrorCode.TokenInvalid }:
                    Fail(_settings.Token is null
                        ? $"{_settings.Server.GetLeftPart(UriPartial.Authority)} does not accept tokens made with this key: it belongs to another server. Name the right server's folder with --data DIR, or pass --token T."
                        : $"{_settings.Server.GetLeftPart(UriPartial.Authority)} does not accept this token: another server has signed it. Get one with 'hexagram token {_settings.User}' there.");
                    break;
                case ConnectionState.Waiting waiting when waiting.Reason != _lastReason:
                    _lastReason = waiting.Reason;
                    _tellConnected = true;
                    _screen.Note($"Not connected: {waiting.Reason.TrimEnd('.')}. Trying again.");
                    break;
                case ConnectionState.Connected when _tellConnected:
                    _lastReason = "";
                    _tellConnected = false;
                    _screen.Note($"Connected to {_settings.Server.GetLeftPart(UriPartial.Authority)} as {_settings.User}.");
                    break;
            }
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

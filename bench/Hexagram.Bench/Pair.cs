using System.Diagnostics;
using Hexagram.Client;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;

namespace Hexagram.Bench;

/// <summary>A sender and a recipient. Counts what arrives, and fails when anything is missing, doubled or out of order.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly HexagramClient _sender;
    private readonly HexagramClient _recipient;
    private readonly UserId _to;
    private long _sent;
    private long _handled;
    private long _wrong;

    private Pair(HexagramClient sender, HexagramClient recipient, UserId to)
    {
        _sender = sender;
        _recipient = recipient;
        _to = to;
        recipient.OnMessage((message, _) =>
        {
            // The body begins with the message's number, so that an error in delivery is an error of the run.
            if (BitConverter.ToInt64(message.Body.Content.Span) != _handled++)
            {
                _wrong++;
            }

            return Task.CompletedTask;
        });
    }

    internal static async Task<Pair> OpenAsync(int number, ServerProcess server, TokenIssuer tokens, string? stateFolder, CancellationToken cancellationToken)
    {
        var to = new UserId($"recipient{number}");
        var sender = await Open(new UserId($"sender{number}"), 0).ConfigureAwait(false);
        var recipient = await Open(to, ProtocolLimits.WindowDefault).ConfigureAwait(false);
        var pair = new Pair(sender, recipient, to);
        await sender.WhenConnectedAsync(cancellationToken).ConfigureAwait(false);
        await recipient.WhenConnectedAsync(cancellationToken).ConfigureAwait(false);
        return pair;

        Task<HexagramClient> Open(UserId user, int window) => HexagramClient.OpenAsync(
            new HexagramClientOptions
            {
                Server = server.Uri,
                Token = tokens.Issue(user, TimeSpan.FromHours(1)),
                Window = window,
                Store = stateFolder is null ? ClientStore.InMemory() : ClientStore.Sqlite(Path.Combine(stateFolder, user.Value)),
            },
            cancellationToken);
    }

    /// <summary>Sends one message.</summary>
    /// <returns>From the call of SendAsync to the sixth line.</returns>
    internal async Task<TimeSpan> SendAsync(int bodyBytes, long since)
    {
        var body = new byte[bodyBytes];
        Task<SentMessage> sending;
        lock (this)
        {
            BitConverter.TryWriteBytes(body, _sent++);
            sending = _sender.SendAsync(_to, Body.FromBytes(body, "application/octet-stream"));
        }

        var message = await sending.ConfigureAwait(false);
        await message.Delivered.ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(since);
    }

    /// <exception cref="InvalidOperationException">A message is missing, doubled or out of order.</exception>
    internal void Verify()
    {
        if (_wrong != 0 || _handled != _sent)
        {
            throw new InvalidOperationException($"{_to}: {_sent} sent, {_handled} handled, {_wrong} out of place.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync().ConfigureAwait(false);
        await _recipient.DisposeAsync().ConfigureAwait(false);
    }
}

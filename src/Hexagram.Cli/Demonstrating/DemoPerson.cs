using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Demonstrating;

/// <summary>One of the two people: a real client with its state on disk, which writes everything that happens to it into the ledger.</summary>
internal sealed class DemoPerson : IAsyncDisposable
{
    private readonly HexagramClient _client;
    private readonly DemoLedger _ledger;
    private long _number;

    private DemoPerson(UserId user, HexagramClient client, DemoLedger ledger) => (User, _client, _ledger) = (user, client, ledger);

    /// <summary>Who it is.</summary>
    public UserId User { get; }

    /// <summary>Opens the client and begins to receive.</summary>
    public static async Task<DemoPerson> OpenAsync(UserId user, Uri server, string token, string folder, DemoLedger ledger, Action<TracedPacket> trace, TimeProvider time)
    {
        var client = await HexagramClient.OpenAsync(new HexagramClientOptions
        {
            Server = server,
            User = user,
            Token = token,
            Store = ClientStore.Sqlite(folder),
            // A demonstration is short: it should not wait for a connection longer than somebody who watches.
            Reconnect = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500)),
            Trace = trace,
            Software = $"hexagram/{CommandLine.HexagramCommandLine.Version}",
            TimeProvider = time,
        });
        client.OnMessage((message, _) =>
        {
            ledger.Handled(message.Id, message.Body.IsText ? message.Text : "");
            return Task.CompletedTask;
        });
        return new DemoPerson(user, client, ledger);
    }

    /// <summary>Completes when the server has welcomed the client.</summary>
    public Task WhenConnectedAsync(CancellationToken cancellationToken) => _client.WhenConnectedAsync(cancellationToken);

    /// <summary>Sends one message; what becomes of it goes into the ledger. For one caller at a time.</summary>
    public async Task<SentMessage> SendAsync(UserId to, string text, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _number);
        var sent = await _client.SendAsync(to, Body.FromText(text), cancellationToken);
        _ledger.Sent(sent.Id, User, number, text);
        _ = FollowAsync(sent);
        return sent;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task FollowAsync(SentMessage sent)
    {
        try
        {
            await sent.Delivered;
            _ledger.Delivered();
        }
        catch (Exception unknown) when (unknown is MessageRefusedException or ObjectDisposedException or OperationCanceledException)
        {
            // Not delivered, then: the ledger counts only what was.
        }
    }
}

using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Client.Tests.Scripted;

/// <summary>A scripted server, a folder, a clock that stands still, and the clients of one test.</summary>
public abstract class ClientFixture : IAsyncDisposable
{
    private protected static readonly UserId Bob = new("bob");
    private readonly Folder _folder = new();
    private readonly List<HexagramClient> _clients = [];

    private protected ScriptedServer Server { get; } = new();

    /// <summary>Stands where <see cref="ScriptedConnection.PlainWelcome"/> says that the server's clock stands.</summary>
    private protected FakeTimeProvider Time { get; } = new(ScriptedConnection.PlainWelcome.ServerTime);

    private protected string FolderPath => _folder.Path;

    private protected HexagramClientOptions Options => new()
    {
        Server = Server.Address,
        Token = "token",
        Store = ClientStore.Sqlite(FolderPath),
        TimeProvider = Time,
        CloseTimeout = TimeSpan.Zero,
    };

    private protected Task<HexagramClient> OpenAsync(ClientStore store) => OpenAsync(Options with { Store = store });

    private protected async Task<HexagramClient> OpenAsync(HexagramClientOptions? options = null)
    {
        var client = await HexagramClient.OpenAsync(options ?? Options).Within();
        _clients.Add(client);
        return client;
    }

    private protected static MessageNotify Notify(long sequence, string text, string from = "bob", MessageId? id = null) => new(
        new Sequence(sequence),
        id ?? MessageId.New(ScriptedConnection.PlainWelcome.ServerTime),
        new UserId(from),
        ScriptedConnection.PlainWelcome.ServerTime,
        text,
        Redelivered: false);

    private protected static MessageAcknowledge Accept(MessageRequest request) => new(request.Id, ScriptedConnection.PlainWelcome.ServerTime);

    private protected static AckNotify Report(MessageState state, params MessageRequest[] requests) =>
        new(requests[0].To, [.. requests.Select(r => r.Id)], state);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().AsTask().Within();
        }

        await Server.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

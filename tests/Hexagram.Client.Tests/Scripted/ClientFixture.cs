using Hexagram.Client.Stores;
using Microsoft.Data.Sqlite;
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

    /// <summary>Where the clients of the test keep what they know.</summary>
    private protected virtual ClientStore Store => ClientStore.Sqlite(FolderPath);

    private protected HexagramClientOptions Options => new()
    {
        Server = Server.Address,
        Token = "token",
        Store = Store,
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

    /// <summary>
    /// Moves the clock on, and again while nothing happens: a timer may be set a moment after the event that a test has waited for.
    /// </summary>
    private protected async Task<T> AdvanceUntilAsync<T>(TimeSpan step, Task<T> happened)
    {
        for (var n = 0; ; n++)
        {
            Time.Advance(step);
            try
            {
                return await happened.WaitAsync(TimeSpan.FromMilliseconds(500));
            }
            catch (TimeoutException) when (n < 10 && !happened.IsCompleted)
            {
                // Not yet: the clock moves once more.
            }
        }
    }

    /// <summary>The first connection whose Hello asks for messages, welcomed.</summary>
    private protected async Task<ScriptedConnection> ReceivingAsync(Func<Welcome, Welcome>? change = null)
    {
        while (true)
        {
            var server = await Server.WelcomeAsync(change);
            if (server.Hello.Window > 0)
            {
                return server;
            }
        }
    }

    /// <summary>The next connection of a client that has lost one; its wait is not waited for.</summary>
    private protected async Task<ScriptedConnection> ReconnectedAsync(HexagramClient client, ScriptedServer? server = null, Func<Welcome, Welcome>? change = null)
    {
        void Hurry(object? sender, ConnectionState state)
        {
            if (state is ConnectionState.Waiting)
            {
                client.Reconnect();
            }
        }

        client.StateChanged += Hurry;
        Hurry(null, client.State);
        try
        {
            return await (server ?? Server).WelcomeAsync(change);
        }
        finally
        {
            client.StateChanged -= Hurry;
        }
    }

    /// <summary>Runs SQL in the client's file beside the client, which may have it open.</summary>
    private protected void ExecuteInStore(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(FolderPath, SqliteClientStore.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Reads until everything up to here is confirmed.</summary>
    private protected static async Task<AckRequest> ConfirmedAsync(ScriptedConnection server, long upTo)
    {
        while (true)
        {
            var confirmation = await server.ReadAsync<AckRequest>();
            if (confirmation.UpTo.Value >= upTo)
            {
                return confirmation;
            }
        }
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

    public virtual async ValueTask DisposeAsync()
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

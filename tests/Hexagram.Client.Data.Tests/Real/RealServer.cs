using System.Collections.Concurrent;
using System.Net;
using Hexagram.Client.Tests.Scripted;
using Hexagram.Server.Authentication;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hexagram.Client.Data.Tests.Real;

/// <summary>A whole server in this process, to whom a token is the name of its user; and Bob, who receives.</summary>
internal sealed class RealServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-server-").FullName;
    private HexagramServer _server = null!;
    private HexagramClient? _bob;

    internal Uri Address => new($"tcp://127.0.0.1:{_server.Tcp.Port}");

    /// <summary>What Bob has received, in his order.</summary>
    internal ConcurrentQueue<string> Received { get; } = new();

    internal static async Task<RealServer> StartAsync()
    {
        var real = new RealServer();
        real._server = HexagramServer.Build(
            new ServerOptions
            {
                Listen = new ListenerOptions { Tcp = new(IPAddress.Loopback, 0), Http = new(IPAddress.Loopback, 0) },
                Access = new AccessOptions { SigningKeyFile = Path.Combine(real._folder, "signing.key") },
            },
            _ => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(real._folder, "store"), DiskReserveBytes = 0 }, TimeProvider.System),
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton<ITokenAuthenticator, TokenIsUser>();
            });
        await real._server.StartAsync();
        return real;
    }

    internal HexagramClientOptions Options(string user, ClientStore store) => new()
    {
        Server = Address,
        Token = user,
        Store = store,
        Reconnect = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
        HandlerRetry = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
    };

    /// <summary>Bob receives from now on; completes when <paramref name="isLast"/> says so of a text.</summary>
    internal async Task<Task> ReceiveAsync(Func<string, bool> isLast)
    {
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _bob = await HexagramClient.OpenAsync(Options("bob", ClientStore.InMemory()));
        _bob.OnMessage((message, _) =>
        {
            Received.Enqueue(message.Text);
            if (isLast(message.Text))
            {
                last.TrySetResult();
            }

            return Task.CompletedTask;
        });
        await _bob.WhenConnectedAsync().Within();
        return last.Task;
    }

    /// <summary>Sends as somebody who cannot be killed.</summary>
    internal Task<HexagramClient> OpenAsync(string user) => HexagramClient.OpenAsync(Options(user, ClientStore.InMemory()));

    public async ValueTask DisposeAsync()
    {
        if (_bob is not null)
        {
            await _bob.DisposeAsync();
        }

        await _server.StopAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class TokenIsUser : ITokenAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken) =>
            ValueTask.FromResult(AuthenticationResult.Valid(new UserId(token), DateTimeOffset.MaxValue));
    }
}

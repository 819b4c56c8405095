using System.Net;
using Hexagram.Protocol;
using Hexagram.Server.Authentication;
using Hexagram.Server.Gateway;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Server.Router;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Core.Internal;

namespace Hexagram.Server.Tests.Harness;

/// <summary>A whole server in this process, on ports that the system assigns, with its data in a folder of its own and a clock that the test owns.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hexagram-server-").FullName;
    private HexagramServer? _server;
    private long _connections;

    private TestServer()
    {
    }

    /// <summary>The server's clock. Its first moment lies in the past of no id that the tests make.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    /// <summary>The store, which can be made to wait, fail and refuse.</summary>
    public SteeredStore Store { get; private set; } = null!;

    public LogCollector Logs { get; } = new();

    public string SigningKeyFile => Path.Combine(_folder, "signing.key");

    public IPEndPoint Tcp => _server!.Tcp;

    public IPEndPoint Http => _server!.Http!;

    public SessionRegistry Sessions => Services.GetRequiredService<SessionRegistry>();

    public IServiceProvider Services => _server!.Application.Services;

    public static async Task<TestServer> StartAsync(
        Func<ServerOptions, ServerOptions>? options = null,
        Action<WebApplicationBuilder>? configure = null,
        Func<RocksDbStoreOptions, RocksDbStoreOptions>? store = null,
        TimeProvider? time = null)
    {
        var server = new TestServer();
        var storeOptions = new RocksDbStoreOptions { Folder = Path.Combine(server._folder, "store"), DiskReserveBytes = 0 };
        server.Store = new SteeredStore(RocksDbMailboxStore.Open(store?.Invoke(storeOptions) ?? storeOptions, time ?? server.Time));
        var serverOptions = new ServerOptions
        {
            Listen = new ListenerOptions { Tcp = new(IPAddress.Loopback, 0), Http = new(IPAddress.Loopback, 0) },
            Access = new AccessOptions { SigningKeyFile = server.SigningKeyFile },
        };
        server._server = HexagramServer.Build(
            options?.Invoke(serverOptions) ?? serverOptions,
            _ => server.Store,
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Logging.AddProvider(server.Logs);
                builder.Logging.SetMinimumLevel(LogLevel.Trace);
                builder.Logging.AddFilter("Orleans", LogLevel.Warning);
                configure?.Invoke(builder);
            },
            time ?? server.Time);
        try
        {
            await server._server.StartAsync().WaitAsync(RawClient.Patience);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A token of <paramref name="user"/>.</summary>
    public string Token(string user, TimeSpan? lifetime = null) =>
        new TokenIssuer(SigningKey.Open(SigningKeyFile), Services.GetRequiredService<ServerClock>().Time).Issue(new UserId(user), lifetime ?? TimeSpan.FromHours(1));

    /// <summary>A Hello of a device named after its user, with a connection number above all before.</summary>
    public Hello Hello(string user, int window = 0, string? device = null) => new(
        Token(user),
        new DeviceId(device ?? $"{user}s-device"),
        new ConnectionNumber(Interlocked.Increment(ref _connections)),
        Epoch.None,
        Sequence.None,
        window,
        4 << 20,
        StreamStart.Oldest,
        "test/1");

    public Task<RawClient> ConnectAsync(int? receiveBufferBytes = null) => RawClient.ConnectAsync(Tcp, receiveBufferBytes);

    /// <summary>A session that only sends.</summary>
    public Task<RawClient> SenderAsync(string user, string? device = null) => OpenAsync(Hello(user, window: 0, device));

    /// <summary>A session that receives.</summary>
    public Task<RawClient> ReceiverAsync(string user, int window = 256, string? device = null) => OpenAsync(Hello(user, window, device));

    public async Task<RawClient> OpenAsync(Hello hello)
    {
        var client = await ConnectAsync();
        await client.HelloAsync(hello);
        return client;
    }

    /// <summary>A new id, on the server's clock.</summary>
    public MessageId NewId() => MessageId.New(Time.GetUtcNow());

    public MessageRequest Message(string to, string text, MessageId? id = null) => new(id ?? NewId(), new UserId(to), text);

    /// <summary>Sends a message and waits for its msg:A.</summary>
    public static async Task<MessageAcknowledge> AcceptAsync(RawClient sender, MessageRequest request)
    {
        await sender.SendAsync(request);
        var accepted = await sender.ReceiveAsync<MessageAcknowledge>();
        Assert.Equal(request.Id, accepted.Id);
        return accepted;
    }

    /// <summary>Confirms, and waits for the ack:A.</summary>
    public async Task ConfirmAsync(RawClient receiver, long upTo)
    {
        await receiver.SendAsync(new AckRequest(Store.Epoch, new(upTo)));
        Assert.Equal(new Sequence(upTo), (await receiver.ReceiveAsync<AckAcknowledge>()).UpTo);
    }

    /// <summary>Appends past the server, as a node does that dies before it can give a hint.</summary>
    public async Task<MessageId> AppendDirectlyAsync(string from, string to, Body body)
    {
        var id = NewId();
        var result = await Store.AppendAsync(new AppendItem(new(to), new(from), id, body, new AppendLane()));
        Assert.Equal(AppendOutcome.New, result.Outcome);
        return id;
    }

    /// <summary>Completes when the server holds so many connections.</summary>
    public async Task WhenSessionsAsync(int count)
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (Sessions.Count != count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.WhenAny(Sessions.Sessions.Select(session => session.Ended).Append(Task.Run(static async () => await Task.Yield())));
        }
    }

    /// <summary>Completes when so many have connected that have not said anything yet that would tell who they are.</summary>
    public async Task WhenNewcomersAsync(int count)
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (Sessions.Newcomers != count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Run(static async () => await Task.Yield());
        }
    }

    /// <summary>Completes when the mailbox of <paramref name="user"/> has so many entries.</summary>
    public async Task WhenLastIsAsync(string user, long last)
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while ((await Store.PositionsAsync([new(user)], patience.Token))[0].Last.Value < last)
        {
            await Task.Yield();
        }
    }

    /// <summary>Sessions that may be silent for as long as a test moves the clock on.</summary>
    public static ServerOptions NeverIdle(ServerOptions options) =>
        options with { Times = options.Times with { PingAfter = TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1), SilenceMax = TimeSpan.FromDays(1) } };

    /// <summary>
    /// Moves the clock on until <paramref name="done"/>: for what waits on the clock at a moment that cannot be told. A hundred times as fast as
    /// clocks go, so that the tokens of the sessions outlive the test's patience.
    /// </summary>
    public async Task AdvanceUntilAsync(Func<bool> done)
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!done())
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await pace.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Completes when the server has stopped reading some session for a limit's sake.</summary>
    public async Task WhenNotReadAsync()
    {
        using var patience = new CancellationTokenSource(RawClient.Patience);
        while (!Sessions.Sessions.Any(session => session.IsNotRead))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Loses the activation that knows the sessions of <paramref name="user"/>, as the death of its node does.</summary>
    public async Task LoseRouterOfAsync(string user)
    {
        var grain = Services.GetRequiredService<UserRoutes>().Grain(new(user));
        await grain.Cast<IGrainManagementExtension>().DeactivateOnIdle();
    }

    /// <summary>Advances the clock second by second, so that no tick is skipped.</summary>
    public void Advance(TimeSpan time)
    {
        for (var elapsed = TimeSpan.Zero; elapsed < time; elapsed += TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    public Task StopAsync() => _server!.StopAsync().WaitAsync(RawClient.Patience);

    public async ValueTask DisposeAsync()
    {
        Store.Release();
        if (_server is not null)
        {
            // Lingering connections wait on the test's clock.
            using var clock = new Timer(_ => Time.Advance(TimeSpan.FromSeconds(1)), null, 0, 20);
            await _server.DisposeAsync().AsTask().WaitAsync(RawClient.Patience);
        }

        Directory.Delete(_folder, recursive: true);
    }
}

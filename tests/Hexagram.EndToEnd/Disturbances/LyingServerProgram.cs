using System.Net;
using System.Text.Json;
using Hexagram.Chaos.Clients;
using Hexagram.Chaos.Runs;
using Hexagram.Server.Authentication;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Storage;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.Logging;

namespace Hexagram.EndToEnd.Disturbances;

/// <summary>A server with a <see cref="LyingStore"/>, and the clients of a chaos run beside it, as programs of a test's own.</summary>
internal static class LyingServerProgram
{
    /// <summary>The first word of the server's command line; its data folder and its mistake follow.</summary>
    public const string ServerWord = "lying-server";

    /// <summary>The only word of the clients' command line.</summary>
    public const string ClientWord = "chaos-clients";

    /// <summary>What a chaos run needs to know of these programs.</summary>
    public static ChaosProgram With(Mistake mistake) => new()
    {
        FileName = Path.Combine(AppContext.BaseDirectory, "Hexagram.EndToEnd"),
        ServerWords = data => [ServerWord, data, mistake.ToString()],
        ClientWords = [ClientWord],
        IssueToken = (data, user) => new TokenIssuer(SigningKey.Open(KeyIn(data)), TimeProvider.System).Issue(user, TimeSpan.FromHours(1)),
        OpenStore = data => Task.FromResult<IMailboxStore>(OpenStore(data)),
    };

    /// <summary>Runs the clients.</summary>
    public static Task<int> RunClientsAsync() => ClientProgram.RunAsync(Console.OpenStandardInput(), Console.Out);

    /// <summary>Runs the server until it is asked to end.</summary>
    public static async Task<int> RunServerAsync(string data, Mistake mistake)
    {
        Directory.CreateDirectory(data);
        var options = new ServerOptions
        {
            Listen = new ListenerOptions { Tcp = new IPEndPoint(IPAddress.Loopback, 0), Http = null },
            Times = new SessionTimes { RetryAfter = TimeSpan.FromMilliseconds(100) },
            Access = new AccessOptions { SigningKeyFile = KeyIn(data) },
        };
        await using var server = HexagramServer.Build(options, _ => new LyingStore(OpenStore(data), mistake), builder => builder.Logging.ClearProviders());
        await server.StartAsync();
        Console.WriteLine(JsonSerializer.Serialize(new { tcp = server.Tcp.ToString() }));
        await server.WaitForShutdownAsync();
        return 0;
    }

    private static string KeyIn(string data) => Path.Combine(data, "token.key");

    private static RocksDbMailboxStore OpenStore(string data) =>
        RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(data, "mailboxes") }, TimeProvider.System);
}

using System.Globalization;
using System.Net;
using System.Text.Json;
using Hexagram.Server.Hosting;
using Hexagram.Server.Options;
using Hexagram.Storage.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>
/// The server as a program of a test's own: the parts that <c>hexagram serve</c> puts together, with a clock that can be set and a disk
/// that can fail, by what it reads line by line. Neither has a place in the product.
/// </summary>
internal static class ServerProgram
{
    /// <summary>The first word of its command line.</summary>
    public const string Word = "server";

    /// <summary>Runs until its standard input ends. Its options are those of <c>serve</c>, as far as a stage uses them.</summary>
    public static async Task<int> RunAsync(string[] words)
    {
        var clock = new SteeredClock(haste: 1);
        var disk = new SteeredDisk();
        var data = Path.GetFullPath("hexagram-data");
        Directory.CreateDirectory(data);
        var options = new ServerOptions
        {
            Listen = new ListenerOptions { Tcp = IPEndPoint.Parse(After(words, "--tcp")), Http = IPEndPoint.Parse(new Uri(After(words, "--http")).Authority) },
            Times = new SessionTimes { RetryAfter = TimeSpan.FromMilliseconds(100) },
            Access = new AccessOptions { SigningKeyFile = Path.Combine(data, "token.key") },
        };
        await using var server = HexagramServer.Build(
            options,
            _ => RocksDbMailboxStore.Open(new RocksDbStoreOptions { Folder = Path.Combine(data, "mailboxes") }, clock, disk.Seams),
            builder =>
            {
                builder.Services.AddSingleton<IHostLifetime, InputLifetime>();
                builder.Logging.ClearProviders();
            },
            clock);
        await server.StartAsync();
        Console.WriteLine(JsonSerializer.Serialize(new { ready = true, tcp = server.Tcp.ToString(), http = $"http://{server.Http}" }));
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Do(line.Split(' '), clock, disk);
            Console.WriteLine($"did {line}");
        }

        await server.StopAsync();
        return 0;
    }

    private static string After(string[] words, string option) => words[Array.IndexOf(words, option) + 1];

    private static void Do(string[] words, SteeredClock clock, SteeredDisk disk)
    {
        switch (words)
        {
            case ["clock", var seconds]:
                clock.Shift(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
                break;
            case ["free", var bytes]:
                disk.FreeBytes = long.Parse(bytes, CultureInfo.InvariantCulture);
                break;
            case ["fail"]:
                disk.FailNextSync();
                break;
            case ["die", var after]:
                disk.DieAfter(isAppend: after == "append");
                break;
            default:
                throw new InvalidDataException($"This program does not know '{string.Join(' ', words)}'.");
        }
    }

    /// <summary>The end of the input ends it, and no signal.</summary>
    private sealed class InputLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System.Globalization;
using System.Threading.Channels;
using Hexagram.Client;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.ClientCrashes;

/// <summary>A server that is killed again and again while messages go through it, as its clients' applications see it.</summary>
public sealed class ServerCrashTests : IAsyncLifetime
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 50 : 5;

    private readonly Stage _stage = new();
    private readonly Random _random = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Messages_through_a_server_that_is_killed_arrive_once_and_in_order()
    {
        var server = await _stage.ServeAsync();
        await using var alice = await OpenAsync("alice");
        await using var bob = await OpenAsync("bob");
        var handled = Channel.CreateUnbounded<int>();
        var received = new List<int>();
        bob.OnMessage((message, _) =>
        {
            handled.Writer.TryWrite(int.Parse(message.Text, CultureInfo.InvariantCulture));
            return Task.CompletedTask;
        });

        var sent = new List<SentMessage>();
        for (var kill = 0; kill < Kills; kill++)
        {
            // The server dies while messages are at every step of their way.
            var last = sent.Count + _random.Next(20, 200);
            var until = sent.Count + _random.Next(1, 20);
            while (sent.Count < last)
            {
                sent.Add(await alice.SendAsync("bob", $"{sent.Count + 1}").WaitAsync(RunningProgram.Patience));
            }

            await ReadAsync(handled.Reader, received, until);
            await server.KillAsync();
            server = await _stage.ServeAsync();
        }

        await Task.WhenAll(sent.Select(message => message.Delivered)).WaitAsync(RunningProgram.Patience);
        await ReadAsync(handled.Reader, received, sent.Count);
        Assert.Equal(Enumerable.Range(1, sent.Count), received);
        Assert.False(handled.Reader.TryRead(out _));
        Measured.Report($"{Kills} SIGKILLs of the server survived with {sent.Count} messages under way, each arrived once and in order");
    }

    private static async Task ReadAsync(ChannelReader<int> handled, List<int> received, int count)
    {
        using var patience = new CancellationTokenSource(RunningProgram.Patience);
        while (received.Count < count)
        {
            received.Add(await handled.ReadAsync(patience.Token));
        }
    }

    private async Task<HexagramClient> OpenAsync(string user) => await HexagramClient.OpenAsync(new HexagramClientOptions
    {
        Server = new Uri($"tcp://{_stage.Server}"),
        Token = await _stage.TokenAsync(user),
        Store = ClientStore.Sqlite(Path.Combine(_stage.Folder, "clients", user)),
        Reconnect = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200)),
    });
}

using System.Diagnostics;
using Hexagram.Client;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.Floods;

/// <summary>Two users with the real client, one of whom writes to the other and measures how long it takes until that one has it.</summary>
internal sealed class HonestPair : IAsyncDisposable
{
    private readonly HexagramClient _alice;
    private readonly HexagramClient _bob;
    private readonly List<string> _received;
    private int _sent;

    private HonestPair(HexagramClient alice, HexagramClient bob, List<string> received) => (_alice, _bob, _received) = (alice, bob, received);

    public static async Task<HonestPair> OpenAsync(TestServer server)
    {
        var alice = await HexagramClient.OpenAsync(Options(server, "alice"));
        var bob = await HexagramClient.OpenAsync(Options(server, "bob"));
        var received = new List<string>();
        bob.OnMessage((message, _) =>
        {
            if (message.From.Value == "alice")
            {
                received.Add(message.Text);
            }

            return Task.CompletedTask;
        });
        var pair = new HonestPair(alice, bob, received);
        await pair.SendAsync();
        return pair;
    }

    /// <summary>One message after the other for so long: how long each took from <c>SendAsync</c> to delivered, sorted.</summary>
    public async Task<IReadOnlyList<TimeSpan>> MeasureAsync(TimeSpan time)
    {
        var latencies = new List<TimeSpan>();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time || latencies.Count < 20;)
        {
            var sent = Stopwatch.GetTimestamp();
            await SendAsync();
            latencies.Add(Stopwatch.GetElapsedTime(sent));
        }

        latencies.Sort();
        return latencies;
    }

    /// <summary>Everything that was sent has come, once and in order.</summary>
    public void Check() => Assert.Equal(Enumerable.Range(1, _sent).Select(n => $"{n}"), _received);

    public async ValueTask DisposeAsync()
    {
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
    }

    private async Task SendAsync()
    {
        var message = await _alice.SendAsync("bob", $"{++_sent}").WaitAsync(RawClient.Patience);
        await message.Delivered.WaitAsync(RawClient.Patience);
    }

    private static HexagramClientOptions Options(TestServer server, string user) => new()
    {
        Server = new Uri($"tcp://{server.Tcp}"),
        Token = server.Token(user),
        Store = ClientStore.InMemory(),
        CloseTimeout = TimeSpan.Zero,
    };
}

using System.Collections.Concurrent;
using Hexagram.Client;
using Hexagram.Server.Tests.Harness;

namespace Hexagram.Server.Tests.Tokens;

/// <summary>A token that expires in the middle of a conversation is replaced, and nobody notices.</summary>
public sealed class TokenRenewalTests
{
    [Fact]
    public async Task A_client_whose_token_expires_asks_for_another_and_goes_on_without_a_loss()
    {
        await using var server = await TestServer.StartAsync();
        var asked = new Milestones();
        var tokens = 0;
        var received = new ConcurrentQueue<string>();
        await using var bob = await HexagramClient.OpenAsync(new()
        {
            Server = new Uri($"tcp://{server.Tcp}"),
            Store = ClientStore.InMemory(),
            TokenProvider = _ => new(server.Token("bob")),
        });
        bob.OnMessage((message, _) =>
        {
            received.Enqueue(message.Text);
            return Task.CompletedTask;
        });
        await using var alice = await HexagramClient.OpenAsync(new()
        {
            Server = new Uri($"tcp://{server.Tcp}"),
            Store = ClientStore.InMemory(),
            TokenProvider = _ =>
            {
                asked.Set(++tokens);
                return new(server.Token("alice", TimeSpan.FromSeconds(30)));
            },
        });
        var sent = new List<SentMessage> { await alice.SendAsync("bob", "0") };
        await sent[0].Delivered.WaitAsync(RawClient.Patience);

        for (var expiry = 1; expiry <= 3; expiry++)
        {
            // What is on its way when the session ends is sent again on the next one.
            sent.Add(await alice.SendAsync("bob", $"{(2 * expiry) - 1}"));
            server.Advance(TimeSpan.FromSeconds(30));
            sent.Add(await alice.SendAsync("bob", $"{2 * expiry}"));
            await asked.WhenAsync(expiry + 1);
            await sent[^1].Delivered.WaitAsync(RawClient.Patience);
        }

        await Task.WhenAll(sent.Select(message => message.Delivered)).WaitAsync(RawClient.Patience);
        Assert.Equal(Enumerable.Range(0, 7).Select(number => $"{number}"), received);
        Assert.Contains(server.Logs.Lines, line => line.Id.Id == 1103 && line.Text.Contains("Authenticate", StringComparison.Ordinal));
    }
}

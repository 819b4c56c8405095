using System.Text.Json;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary>
/// SIGKILL for each of the three programs while messages flow, again and again: nothing is lost, nothing comes twice, nothing is
/// reordered. A failure prints its seed.
/// </summary>
public sealed class KillingTests : IAsyncLifetime
{
    private const int LinesPerRound = 150;
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1" ? 60 : 4;
    private readonly Stage _stage = new();
    private readonly int _seed = Random.Shared.Next();
    private readonly Random _random;

    public KillingTests()
    {
        _random = new Random(_seed);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task The_server_can_be_killed_at_any_moment()
    {
        var server = await _stage.ServeAsync();
        var receive = await _stage.ListenAsync("bob");
        var send = _stage.Send("alice", "bob", "-");
        for (var round = 0; round < Rounds; round++)
        {
            for (var line = 0; line < LinesPerRound; line++)
            {
                await send.FeedAsync(Words(round, line));
            }

            await receive.WhenPrintedAsync(1 + (round * LinesPerRound) + _random.Next(LinesPerRound));
            await server.KillAsync();
            server = await _stage.ServeAsync();
        }

        send.EndInput();

        // Whichever of the two finds the server first decides whether the last ones are delivered or stored.
        Assert.True(await send.EndAsync() is 0 or 3, $"seed {_seed}\n{send.Said}");
        await receive.WhenPrintedAsync(1 + (Rounds * LinesPerRound));
        Assert.Equal(0, await receive.StopAsync());

        var received = receive.JsonOutput.Skip(1).ToList();
        Assert.Equal(Enumerable.Range(0, Rounds).SelectMany(Lines), received.Texts("text"));
        Assert.Equal(send.JsonOutput.Texts("id").Distinct(), received.Texts("id"));
        Assert.Equal(Enumerable.Range(2, received.Count), received.Select(message => message.GetProperty("sequence").GetInt32()));
        Measured.Report($"{Rounds} SIGKILLs of a server under {Rounds * LinesPerRound} messages: nothing lost, doubled or reordered");
    }

    [Fact]
    public async Task The_receiver_can_be_killed_at_any_moment()
    {
        await _stage.ServeAsync();
        var send = _stage.Send("alice", "bob", "-");
        var received = new List<JsonElement>();
        var again = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var receive = _stage.Receive("bob");
            for (var line = 0; line < LinesPerRound; line++)
            {
                await send.FeedAsync(Words(round, line));
            }

            await receive.WhenPrintedAsync(1 + _random.Next(LinesPerRound));
            await receive.KillAsync();
            again += Join(received, receive.JsonOutput);
        }

        send.EndInput();
        var last = _stage.Receive("bob");
        Assert.True(await send.EndAsync() is 0 or 3, $"seed {_seed}\n{send.Said}");
        await last.WhenPrintedAsync(1);
        var all = Enumerable.Range(0, Rounds).SelectMany(Lines).ToList();
        await last.WhenOutputAsync(lines => lines.Count > 0 && Json.Parse(lines[^1]).Text("text") == all[^1]);
        Assert.Equal(0, await last.StopAsync());
        again += Join(received, last.JsonOutput);

        Assert.Equal(all, received.Texts("text"));
        Measured.Report($"{Rounds} SIGKILLs of a receiver under {all.Count} messages: {again} printed once more and marked, nothing lost or reordered");
    }

    [Fact]
    public async Task The_sender_can_be_killed_at_any_moment()
    {
        await _stage.ServeAsync();
        var receive = await _stage.ListenAsync("bob");
        var taken = new List<int>();
        for (var round = 0; round < Rounds; round++)
        {
            var send = _stage.Send("alice", "bob", "-");
            for (var line = 0; line < LinesPerRound; line++)
            {
                await send.FeedAsync(Words(round, line));
            }

            await send.WhenOutputAsync(lines => Own(lines).Count() > _random.Next(LinesPerRound));
            await send.KillAsync();
            taken.Add(Own(send.Output).Count());
        }

        var next = _stage.Send("alice", "bob", "-");
        next.EndInput();
        Assert.True(await next.EndAsync() == 0, $"seed {_seed}\n{next.Said}");
        Assert.Equal(0, await receive.StopAsync());

        // Of each round the first lines arrived, in order, and at least those whose outcome was printed: what came after the kill was never taken.
        var received = receive.JsonOutput.Skip(1).Texts("text").ToList();
        var expected = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var arrived = received.Count(text => text.StartsWith($"{round}.", StringComparison.Ordinal));
            Assert.True(arrived >= taken[round], $"seed {_seed}, round {round}: {taken[round]} lines were reported, {arrived} arrived");
            expected.AddRange(Lines(round).Take(arrived));
        }

        Assert.Equal(expected, received);
        Measured.Report($"{Rounds} SIGKILLs of a sender under {received.Count} messages: nothing taken was lost, doubled or reordered");

        // Results about this run's own lines; earlier ones come first.
        static IEnumerable<string> Own(IEnumerable<string> lines) => lines.Where(line => Json.Parse(line).TryGetProperty("index", out _));
    }

    private static string Words(int round, int line) => $"{round}.{line}";

    private static IEnumerable<string> Lines(int round) => Enumerable.Range(0, LinesPerRound).Select(line => Words(round, line));

    /// <summary>Adds what the next run has printed. Its first message may be the last one of the run before, if it says so.</summary>
    /// <returns>How many were printed once more: none or one.</returns>
    private int Join(List<JsonElement> received, IReadOnlyList<JsonElement> printed)
    {
        var repeated = received.Count > 0 && printed.Count > 0 && printed[0].Text("id") == received[^1].Text("id");
        if (repeated)
        {
            Assert.True(printed[0].GetProperty("redelivered").GetBoolean(), $"seed {_seed}: {printed[0]} came again without saying so");
        }

        received.AddRange(printed.Skip(repeated ? 1 : 0));
        return repeated ? 1 : 0;
    }
}

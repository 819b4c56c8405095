using System.Collections.Concurrent;
using System.Globalization;
using Hexagram.Client;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.ClientCrashes;

/// <summary>
/// A client that is killed between any two steps, again and again, against the real server. What was promised holds for what the
/// application sees over all its lives.
/// </summary>
public sealed class ClientCrashTests : IAsyncLifetime
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 10 : 1;

    private readonly Stage _stage = new();
    private readonly Random _random = new();
    private int _kills;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stage.DisposeAsync();
        Measured.Report($"{_kills} SIGKILLs of a client survived");
    }

    /// <summary>Every step of a message's way out of the device; the number is the pass at which the process dies.</summary>
    private static readonly string[] SenderDies =
    [
        "outbox.inserting:1", "outbox.inserting:5", "store.committing:2", "store.committing:6", "store.committed:2", "store.committed:7",
        "outbox.inserted:1", "outbox.inserted:4", "outbox.marked:1", "outbox.written:1", "outbox.written:5", "outbox.accepted:1", "outbox.accepted:4",
        "outbox.reported:1", "outbox.reported:3",
    ];

    /// <summary>Every step of a message's way into the application.</summary>
    private static readonly string[] ReceiverDies =
    [
        "handler.entered:1", "handler.entered:4", "handler.wrote:1", "handler.wrote:4", "inbox.handled:1", "inbox.handled:3", "store.committing:3",
        "store.committing:6", "store.committed:3", "store.committed:6", "inbox.committed:1", "inbox.committed:3", "inbox.confirmed:1", "inbox.confirmed:2",
    ];

    [Fact]
    public async Task What_a_killed_sender_has_sent_arrives_once_and_in_order()
    {
        await _stage.ServeAsync();
        var received = new ConcurrentQueue<int>();
        await using var bob = await OpenAsync("bob");
        bob.OnMessage((message, _) =>
        {
            received.Enqueue(int.Parse(message.Text, CultureInfo.InvariantCulture));
            return Task.CompletedTask;
        });
        await bob.WhenConnectedAsync().WaitAsync(RunningProgram.Patience);

        var called = 0;
        var sent = new SortedSet<int>();
        var token = await _stage.TokenAsync("alice");
        string[] Words(int count) => ["send", _stage.Server, token, FolderOf("alice"), $"{called + 1}", $"{count}"];
        void Printed(string line)
        {
            var number = int.Parse(line[5..], CultureInfo.InvariantCulture);
            if (line.StartsWith("call", StringComparison.Ordinal))
            {
                called = number;
            }
            else
            {
                sent.Add(number);
            }
        }

        await KillAsync(SenderDies, () => Words(1_000_000), Printed);
        await CrashingProcess.LiveAsync(Words(30), Printed);

        var numbers = received.ToList();
        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.Empty(sent.Except(numbers));
        Assert.All(numbers, number => Assert.InRange(number, 1, called));
    }

    [Fact]
    public async Task A_killed_receiver_with_a_transaction_has_everything_once_and_in_order()
    {
        var expected = await KillReceiverAsync("transaction");
        Assert.Equal(expected, CrashingProgram.NotesInTable(FolderOf("bob")));
    }

    [Fact]
    public async Task A_killed_receiver_without_a_transaction_sees_at_most_the_one_message_again_marked()
    {
        var expected = await KillReceiverAsync("plain");
        var handled = new List<string>();
        var first = true;
        foreach (var line in await File.ReadAllLinesAsync(CrashingProgram.NotesFile(FolderOf("bob"))))
        {
            if (line == "begin")
            {
                first = true;
                continue;
            }

            var (text, again) = (line.Split(' ')[0], line.EndsWith("again", StringComparison.Ordinal));
            Assert.True(first || !again, $"{text} is marked, and is not the first of its process.");
            if (handled.Count > 0 && handled[^1] == text)
            {
                Assert.True(first && again, $"{text} came again unmarked, or in the same process.");
            }
            else
            {
                handled.Add(text);
            }

            first = false;
        }

        Assert.Equal(expected, handled);
    }

    /// <summary>Sends numbers to a receiver that is killed over and over.</summary>
    /// <returns>The texts that were sent, in order.</returns>
    private async Task<IReadOnlyList<string>> KillReceiverAsync(string handler)
    {
        await _stage.ServeAsync();
        await using var alice = await OpenAsync("alice");
        var token = await _stage.TokenAsync("bob");
        var texts = new List<string>();
        IReadOnlyList<string> Words()
        {
            // Enough for one life, so that the next always has something to do.
            for (var n = 0; n < 12; n++)
            {
                texts.Add($"{texts.Count + 1}");
                _ = alice.SendAsync("bob", texts[^1]);
            }

            return ["receive", _stage.Server, token, FolderOf("bob"), handler];
        }

        Directory.CreateDirectory(Path.GetDirectoryName(FolderOf("bob"))!);
        string[] points = handler == "plain" ? ["inbox.begun:1", "inbox.begun:3", .. ReceiverDies] : ["inbox.transaction:1", "inbox.transaction:3", .. ReceiverDies];
        await KillAsync(points, Words, _ => { });
        var words = Words();
        texts.Add(CrashingProgram.End);
        await alice.SendAsync("bob", CrashingProgram.End).WaitAsync(RunningProgram.Patience);
        await CrashingProcess.LiveAsync(words, _ => { });
        return texts;
    }

    /// <summary>Once at each point, and as often at moments of chance.</summary>
    private async Task KillAsync(string[] points, Func<IReadOnlyList<string>> words, Action<string> printed)
    {
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var point in points)
            {
                await CrashingProcess.DieAtAsync(point, words(), printed);
                _kills++;
            }

            for (var n = 0; n < 10; n++)
            {
                await CrashingProcess.DieAnywhereAsync(_random.Next(1, 12), _random.Next(2_000_000), words(), printed);
                _kills++;
            }
        }
    }

    private async Task<HexagramClient> OpenAsync(string user) => await HexagramClient.OpenAsync(new HexagramClientOptions
    {
        Server = new Uri($"tcp://{_stage.Server}"),
        Token = await _stage.TokenAsync(user),
        Store = ClientStore.InMemory(),
    });

    private string FolderOf(string user) => Path.Combine(_stage.Folder, "clients", user);
}

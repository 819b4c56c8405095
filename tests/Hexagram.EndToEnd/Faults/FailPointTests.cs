using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Hexagram.Client;
using Hexagram.EndToEnd.Faults.Actors;
using Hexagram.Protocol;

namespace Hexagram.EndToEnd.Faults;

/// <summary>A client's process dies at every place between two steps that has a name, as sender and as recipient, and lives again.</summary>
public sealed partial class FailPointTests(SharedWorlds worlds) : IClassFixture<SharedWorlds>
{
    /// <summary>On a message's way out of the device.</summary>
    private static readonly string[] OfSender =
    [
        "outbox.inserting", "outbox.inserted", "outbox.marked", "outbox.written", "outbox.accepted", "outbox.reported", "connection.written", "store.committing", "store.committed",
    ];

    /// <summary>On a message's way into the application, before the commit.</summary>
    private static readonly string[] OfRecipientBeforeCommit = ["inbox.transaction", "handler.entered", "handler.wrote", "inbox.committing"];

    /// <summary>After the commit, before and after the confirmation.</summary>
    private static readonly string[] OfRecipientAfterCommit = ["inbox.committed", "inbox.confirmed"];

    /// <summary>Those on the way of a handler without a transaction, which may handle one message twice: <c>ClientCrashTests</c> pass them.</summary>
    private static readonly string[] WithoutTransaction = ["inbox.begun", "inbox.handled"];

    public static TheoryData<Transport, string> SenderPlaces => Transport.With(OfSender);

    public static TheoryData<Transport, string> PlacesBeforeCommit => Transport.With(OfRecipientBeforeCommit);

    public static TheoryData<Transport, string> PlacesAfterCommit => Transport.With(OfRecipientAfterCommit);

    [Theory]
    [MemberData(nameof(SenderPlaces))]
    public async Task A_sender_that_dies_goes_on_where_it_was(Transport transport, string place)
    {
        var (world, alice, bob) = await worlds.OnAsync(transport);
        await DieAsync(alice, $"{place}:{Pass(place)}", () => alice.SendAsync(bob, 12));
        await alice.SendAsync(bob, 3);
        await world.JudgeAsync();
    }

    [Theory]
    [MemberData(nameof(PlacesBeforeCommit))]
    public async Task What_a_recipient_had_not_committed_when_it_died_is_replayed_and_handled(Transport transport, string place)
    {
        var (world, alice, bob) = await worlds.OnAsync(transport);
        var before = new Watch(bob);
        await DieAsync(bob, $"{place}:2", () => alice.SendAsync(bob, 4));
        await world.JudgeAsync();
        Assert.Contains(before.Packets<MessageNotify>().CountBy(notified => notified[0]), message => message.Value >= 2);
    }

    [Theory]
    [MemberData(nameof(PlacesAfterCommit))]
    public async Task What_a_recipient_had_committed_when_it_died_has_no_second_effect(Transport transport, string place)
    {
        var (world, alice, bob) = await worlds.OnAsync(transport);
        var noted = Ledger.Read(bob.Folder).Count;
        await DieAsync(bob, $"{place}:1", async () =>
        {
            await alice.SendAsync(bob, 1);
        });
        await world.JudgeAsync();
        Assert.Equal(noted + 1, Ledger.Read(bob.Folder).Count);
    }

    /// <summary>The names stand in the client as texts; whoever adds one is told to add it here.</summary>
    [Fact]
    public void Every_place_that_has_a_name_is_passed()
    {
        using var stream = File.OpenRead(typeof(HexagramClient).Assembly.Location);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            if (metadata.GetUserString(handle) is var text && Name().IsMatch(text))
            {
                names.Add(text);
            }
        }

        string[] passed = [.. OfSender, .. OfRecipientBeforeCommit, .. OfRecipientAfterCommit, .. WithoutTransaction];
        Assert.Equal(names, passed.Where(name => !name.StartsWith("handler.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>What happens at every start as well is passed later; what many messages share, and Hello, at once.</summary>
    private static int Pass(string place) => place switch
    {
        "store.committing" or "store.committed" => 6,
        "outbox.marked" or "connection.written" => 1,
        _ => 3,
    };

    /// <summary>Ends a life of the application, has the next one die, and begins another.</summary>
    private static async Task DieAsync(Application application, string failPoint, Func<Task> act)
    {
        await application.EndAsync();
        await application.StartAsync(failPoint);
        await act();
        await application.WhenDeadAsync();
        await application.StartAsync();
    }

    [GeneratedRegex(@"^(outbox|inbox|store|connection)\.[a-z]+$")]
    private static partial Regex Name();
}

using Hexagram.Processes;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Three nodes that compare with the store every second.</summary>
public sealed class NodesThatLookOften : ThreeNodes
{
    private protected override string Heartbeat => "1s";
}

/// <summary>Nodes that cannot hear of each other: hints are lost, and a user may have two routers. The store is asked, and nothing is.</summary>
public sealed class ApartTests(NodesThatLookOften nodes) : IClassFixture<NodesThatLookOften>, IAsyncLifetime
{
    private ServerProcess First => nodes.Nodes[0];

    private ServerProcess Third => nodes.Nodes[2];

    public async ValueTask InitializeAsync() => await nodes.MendAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_node_apart_finds_in_the_store_what_no_hint_brings_and_two_routers_of_one_user_harm_nothing()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var phone = await nodes.OpenAsync("bob", Third);
        await alice.DeliverAsync(phone.User, "before");
        var declared = nodes.WhenDeclaredDeadAsync(Third, seenBy: First);

        Assert.True(nodes.Ground.Isolate(Third) > 0);
        await alice.Client.SendAsync(phone.User, "apart");
        await phone.ReceiveAsync(2);
        Assert.True(Third.IsAlive);

        // The router on the third node still knows the phone; this one makes another, on a node that has given the third one up.
        await declared;
        await using var tablet = await nodes.OpenAsync(phone.User, First, "tablet");
        var (_, requests) = await alice.DeliverAsync(phone.User, "to both");
        Assert.Equal(1, requests);
        await tablet.ReceiveAsync(3);

        nodes.Ground.Reunite();
        await ThreeNodes.WhenEndedAsync(Third);
        Assert.Equal(ServerProcess.LostExitCode, Third.ExitCode);
        await nodes.StartAsync(Third);
        phone.Head(Third);
        await alice.DeliverAsync(phone.User, "after");
        await phone.ReceiveAsync(4);
        await tablet.ReceiveAsync(4);
        Assert.Equal(["before", "apart", "to both", "after"], phone.Texts);
        Assert.Equal(["before", "apart", "to both", "after"], tablet.Texts);
    }

    [Fact]
    public async Task All_nodes_are_replaced_one_after_the_other_under_traffic()
    {
        const int count = 300;
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Third);
        var sending = Task.Run(async () =>
        {
            for (var n = 0; n < count; n++)
            {
                await alice.DeliverAsync(bob.User, $"{n}");
            }
        });
        foreach (var (node, next) in nodes.Nodes.Zip(nodes.Nodes.Skip(1).Append(First)))
        {
            alice.Head(next);
            bob.Head(next);
            Assert.Null(await node.EndAsync());
            await nodes.StartAsync(node);
        }

        // Whoever is there when it is all over has got through three generations of nodes.
        await sending.WaitAsync(2 * ThreeNodes.Patience);
        Assert.Equal(Enumerable.Range(0, count).Select(n => $"{n}"), bob.Texts);
    }
}

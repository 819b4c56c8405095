namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Three nodes that compare with the store every second.</summary>
public sealed class NodesThatLookOften : ThreeNodes
{
    private protected override string Heartbeat => "1s";
}

/// <summary>Nodes that cannot hear of each other: hints are lost, and a user may have two routers. The store is asked, and nothing is.</summary>
public sealed class ApartTests(NodesThatLookOften nodes) : ClusterTest, IClassFixture<NodesThatLookOften>
{
    private protected override ThreeNodes Cluster => nodes;

    [Fact]
    public Task A_node_apart_finds_in_the_store_what_no_hint_brings_and_two_routers_of_one_user_harm_nothing() => IsolateAsync(nodes);

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

    /// <summary>The same whatever keeps the third of these nodes apart.</summary>
    internal static async Task IsolateAsync(ThreeNodes nodes)
    {
        var (first, third) = (nodes.Nodes[0], nodes.Nodes[2]);
        await using var alice = await nodes.OpenAsync("alice", first);
        await using var phone = await nodes.OpenAsync("bob", third);
        await alice.DeliverAsync(phone.User, "before");
        var declared = nodes.WhenDeclaredDeadAsync(third, seenBy: first);

        await nodes.IsolateAsync(third);
        await alice.Client.SendAsync(phone.User, "apart");
        await phone.ReceiveAsync(2);
        Assert.True(third.IsAlive);

        // The router on the third node still knows the phone; this one makes another, on a node that has given the third one up.
        await declared;
        await using var tablet = await nodes.OpenAsync(phone.User, first, "tablet");
        var (_, requests) = await alice.DeliverAsync(phone.User, "to both");

        // If the phone confirms first, its node cannot tell alice's, and her timer asks.
        Assert.InRange(requests, 1, 2);
        await tablet.ReceiveAsync(3);

        await nodes.ReuniteAsync();
        await ThreeNodes.WhenLostAsync(third);
        await nodes.StartAsync(third);
        phone.Head(third);
        await alice.DeliverAsync(phone.User, "after");
        await phone.ReceiveAsync(4);
        await tablet.ReceiveAsync(4);
        Assert.Equal(["before", "apart", "to both", "after"], phone.Texts);
        Assert.Equal(["before", "apart", "to both", "after"], tablet.Texts);
    }
}

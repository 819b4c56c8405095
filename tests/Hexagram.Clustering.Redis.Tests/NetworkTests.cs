using Hexagram.Client;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>What a real network does to nodes, in the kernel and without a relay: packets vanish, one way or both, and nobody is told. With <c>HEXAGRAM_LONG=1</c>.</summary>
public sealed class NetworkTests(NetworkedNodes nodes) : ClusterTest, IClassFixture<NetworkedNodes>
{
    private protected override ThreeNodes Cluster => nodes;

    public override ValueTask InitializeAsync() => NetworkedNodes.AreWanted ? base.InitializeAsync() : ValueTask.CompletedTask;

    [Fact]
    public async Task A_node_apart_finds_in_the_store_what_no_hint_brings_and_two_routers_of_one_user_harm_nothing()
    {
        if (NetworkedNodes.AreWanted)
        {
            await ApartTests.IsolateAsync(nodes);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_only_hears_the_others_or_is_only_heard_by_them_serves_its_clients_until_it_knows_that_it_is_dead(bool hears)
    {
        if (!NetworkedNodes.AreWanted)
        {
            return;
        }

        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Third);
        await alice.DeliverAsync(bob.User, "before");
        var declared = nodes.WhenDeclaredDeadAsync(Third, seenBy: First);

        foreach (var other in nodes.Nodes.Where(node => node != Third))
        {
            await (hears ? nodes.Network.LoseAsync(nodes.At(Third), nodes.At(other)) : nodes.Network.LoseAsync(nodes.At(other), nodes.At(Third)));
        }

        await alice.Client.SendAsync(bob.User, "there");
        await bob.Client.SendAsync(alice.User, "and back");
        await bob.ReceiveAsync(2);
        await alice.ReceiveAsync(1);

        await declared;
        await nodes.ReuniteAsync();
        await ThreeNodes.WhenLostAsync(Third);
        await nodes.StartAsync(Third);
        bob.Head(Third);
        await alice.DeliverAsync(bob.User, "after");
        Assert.Equal(["before", "there", "after"], bob.Texts);
        Assert.Equal(["and back"], alice.Texts);
    }

    [Fact]
    public async Task A_database_that_vanishes_without_a_word_holds_nothing_back_that_was_accepted_and_all_goes_on_when_it_is_there_again()
    {
        if (!NetworkedNodes.AreWanted)
        {
            return;
        }

        await using var alice = await nodes.OpenAsync("alice", Third);
        await using var bob = await nodes.OpenAsync("bob", First);
        var sent = new List<SentMessage>();
        var disconnected = alice.WhenDisconnectedAsync();
        var sending = Task.Run(async () =>
        {
            while (!disconnected.IsCompleted)
            {
                for (var n = 0; n < 10; n++)
                {
                    sent.Add(await alice.Client.SendAsync(bob.User, $"{sent.Count}"));
                }

                await Task.WhenAny(sent[^1].WhenAsync(SentState.Accepted), disconnected);
            }
        });
        await bob.ReceiveAsync(100);
        await nodes.Network.LoseAsync(nodes.At(Third), nodes.Database);
        await nodes.Network.LoseAsync(nodes.Database, nodes.At(Third));
        await disconnected;
        await sending;

        // Whatever this node has accepted, the other one finds in the store.
        Assert.Equal(SentState.Waiting, sent[^1].State);
        await bob.ReceiveAsync(sent.FindLastIndex(one => one.State is not SentState.Waiting) + 1);

        await nodes.ReuniteAsync();
        await Task.WhenAll(sent.Select(one => one.Delivered)).WaitAsync(ThreeNodes.Patience);
        Assert.Equal(Enumerable.Range(0, sent.Count).Select(n => $"{n}"), bob.Texts);
        Assert.All(nodes.Nodes, node => Assert.True(node.IsAlive));
    }

    [Fact]
    public async Task Nodes_that_lose_every_twelfth_packet_deliver_in_order_and_once_and_none_is_declared_dead()
    {
        if (!NetworkedNodes.AreWanted)
        {
            return;
        }

        var before = nodes.Nodes.Select(ThreeNodes.Deaths).ToList();
        var sentAgain = await Task.WhenAll(nodes.Nodes.Select(node => PrivateNetwork.SentAgainAsync(nodes.At(node))));
        foreach (var node in nodes.Nodes)
        {
            await nodes.Network.LoseSomeAsync(nodes.At(node), 1.0 / 12);
        }

        await ClusterTests.DeliverFromTwoNodesToTwoAsync(nodes);
        Assert.Equal(before, nodes.Nodes.Select(ThreeNodes.Deaths));
        foreach (var (node, soFar) in nodes.Nodes.Zip(sentAgain))
        {
            Assert.True(await PrivateNetwork.SentAgainAsync(nodes.At(node)) > soFar, "nothing was lost");
        }

        await nodes.ReuniteAsync();
    }
}

using Hexagram.Client;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>A cluster whose nodes all live: where somebody is connected makes no difference.</summary>
public sealed class ClusterTests(ThreeNodes nodes) : IClassFixture<ThreeNodes>
{
    [Fact]
    public async Task A_message_from_node_to_node_is_sent_once_and_confirmed()
    {
        await using var alice = await nodes.OpenAsync("alice", nodes.Nodes[0]);
        await using var bob = await nodes.OpenAsync("bob", nodes.Nodes[1]);

        var there = await alice.DeliverAsync(bob.User, "there");
        var back = await bob.DeliverAsync(alice.User, "and back");

        Assert.Equal(["there"], bob.Texts);
        Assert.Equal(["and back"], alice.Texts);
        Assert.Equal((1, 1), (there.Requests, back.Requests));
    }

    [Fact]
    public Task Messages_from_two_nodes_to_devices_on_two_nodes_come_to_each_in_order_and_once() => DeliverFromTwoNodesToTwoAsync(nodes);

    /// <summary>The same whatever is between the nodes.</summary>
    internal static async Task DeliverFromTwoNodesToTwoAsync(ThreeNodes nodes)
    {
        const int count = 200;
        await using var alice = await nodes.OpenAsync("alice", nodes.Nodes[0]);
        await using var carol = await nodes.OpenAsync("carol", nodes.Nodes[1]);
        await using var phone = await nodes.OpenAsync("bob", nodes.Nodes[1]);
        await using var tablet = await nodes.OpenAsync(phone.User, nodes.Nodes[2], "tablet");

        var sends = new[] { alice, carol }.SelectMany(sender => Enumerable.Range(0, count).Select(n => sender.Client.SendAsync(phone.User, $"{sender.User} {n}"))).ToList();
        await Task.WhenAll((await Task.WhenAll(sends)).Select(sent => sent.Delivered)).WaitAsync(ThreeNodes.Patience);
        foreach (var device in new[] { phone, tablet })
        {
            await device.ReceiveAsync(2 * count);
            foreach (var sender in new[] { alice, carol })
            {
                Assert.Equal(Enumerable.Range(0, count).Select(n => $"{sender.User} {n}"), device.Texts.Where(text => text.StartsWith($"{sender.User} ", StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task Whoever_is_on_no_node_has_messages_stored_and_gets_them_on_any()
    {
        await using var alice = await nodes.OpenAsync("alice", nodes.Nodes[0]);
        var bob = new Hexagram.Protocol.UserId(nodes.Somebody("bob"));

        var sent = await alice.Client.SendAsync(bob, "for later");
        await sent.WhenAsync(SentState.Stored).WaitAsync(ThreeNodes.Patience);
        await using var there = await nodes.OpenAsync(bob, nodes.Nodes[2]);

        await there.ReceiveAsync(1);
        await sent.Delivered.WaitAsync(ThreeNodes.Patience);
    }

    [Fact]
    public async Task A_device_that_comes_back_on_another_node_is_found_there_at_once()
    {
        await using var alice = await nodes.OpenAsync("alice", nodes.Nodes[0]);
        await using var bob = await nodes.OpenAsync("bob", nodes.Nodes[1]);
        await alice.DeliverAsync(bob.User, "one");

        await bob.MoveAsync(nodes.Nodes[2]);

        Assert.Equal(1, (await alice.DeliverAsync(bob.User, "two")).Requests);
        Assert.Equal(["one", "two"], bob.Texts);
    }

    [Fact]
    public async Task A_second_client_of_one_device_on_another_node_takes_the_place_of_the_first()
    {
        await using var first = await nodes.OpenAsync("bob", nodes.Nodes[0]);
        await using var second = nodes.Prepare(first.User);
        await second.OpenAsync(nodes.Nodes[1]);

        // Both begin to count their connections at 1, and of two that are equal the one that was there stays. The next one is higher.
        await second.WhenStoppedAsync(StopCause.Superseded);
        second.Client.Reconnect();
        await second.Client.WhenConnectedAsync().WaitAsync(ThreeNodes.Patience);
        await first.WhenStoppedAsync(StopCause.Superseded);

        await using var alice = await nodes.OpenAsync("alice", nodes.Nodes[2]);
        await alice.DeliverAsync(second.User, "to the second");
        Assert.Empty(first.Texts);
    }
}

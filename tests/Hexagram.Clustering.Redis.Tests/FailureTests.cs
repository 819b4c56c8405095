using System.Diagnostics;
using Hexagram.Client;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Nodes that die, stand still, or are kept apart, and engines that are away: what is promised holds, and all heals by itself. One failure at a time.</summary>
public sealed class FailureTests(ThreeNodes nodes) : ClusterTest, IClassFixture<ThreeNodes>
{
    private protected override ThreeNodes Cluster => nodes;

    [Fact]
    public async Task The_node_of_a_session_dies_and_its_user_goes_on_at_another()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        await alice.DeliverAsync(bob.User, "before");

        bob.Head(Third);
        await Second.KillAsync();
        var died = Stopwatch.GetTimestamp();
        var (_, requests) = await alice.DeliverAsync(bob.User, "after");
        Measured.Report(FormattableString.Invariant($"a node died by SIGKILL: the first message to a user who was on it was delivered {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s later, after {requests} msg:R"));

        Assert.Equal(["before", "after"], bob.Texts);
    }

    [Fact]
    public async Task The_node_of_a_router_dies_and_those_whom_it_knew_elsewhere_are_told_again()
    {
        // The first device decides where the router is; the second is on another node.
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var phone = await nodes.OpenAsync("bob", Second);
        await using var tablet = await nodes.OpenAsync(phone.User, Third, "tablet");
        await alice.DeliverAsync(phone.User, "before");
        await tablet.ReceiveAsync(1);

        await Second.KillAsync();
        var died = Stopwatch.GetTimestamp();
        await alice.Client.SendAsync(phone.User, "after");
        await tablet.ReceiveAsync(2);
        Measured.Report(FormattableString.Invariant($"a node died by SIGKILL, and with it the router of a user on another: the first message reached that user {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s later"));

        await nodes.StartAsync(Second);
        phone.Head(Second);
        await phone.ReceiveAsync(2);
        Assert.Equal(["before", "after"], phone.Texts);
        Assert.Equal(["before", "after"], tablet.Texts);
    }

    [Fact]
    public async Task A_node_that_stood_still_and_was_declared_dead_ends_with_its_exit_code_and_comes_back_as_a_new_one()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Third);

        var declared = nodes.WhenDeclaredDeadAsync(Third, seenBy: First);
        Assert.True(Third.Stop());
        bob.Head(Second);
        bob.Cut();
        await alice.DeliverAsync(bob.User, "while it stands still");
        await declared;
        Assert.True(Third.Continue());
        await ThreeNodes.WhenLostAsync(Third);

        Assert.Contains("declared this one dead", await Third.LastWordsAsync(), StringComparison.Ordinal);
        await nodes.StartAsync(Third);
        await bob.MoveAsync(Third);
        await alice.DeliverAsync(bob.User, "on the new one");
        Assert.Equal(["while it stands still", "on the new one"], bob.Texts);
    }

    [Fact]
    public async Task All_nodes_die_at_once_and_those_that_come_after_do_not_wait_for_them()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        await alice.DeliverAsync(bob.User, "before");
        await Task.WhenAll(nodes.Nodes.Select(node => node.KillAsync()));
        var sent = await alice.Client.SendAsync(bob.User, "while there is no node");

        await nodes.StartAsync(Third);
        alice.Head(Third);
        bob.Head(Third);
        await sent.Delivered.WaitAsync(ThreeNodes.Patience);
        Measured.Report(FormattableString.Invariant($"all nodes of a cluster died by SIGKILL: the first that was started again was ready after {Third.Startup.TotalSeconds:0.0} s"));

        await nodes.StartAsync(First);
        await nodes.StartAsync(Second);
        Assert.Equal(["before", "while there is no node"], bob.Texts);
    }

    [Fact]
    public async Task Redis_away_stops_nothing_that_runs()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        await nodes.Ground.Redis.CrashAsync();

        Assert.Equal(1, (await alice.DeliverAsync(bob.User, "without Redis")).Requests);
        await bob.MoveAsync(Third);
        Assert.Equal(1, (await alice.DeliverAsync(bob.User, "at another node")).Requests);

        await nodes.Ground.Redis.StartAsync();
        Assert.All(nodes.Nodes, node => Assert.True(node.IsAlive));
    }

    [Fact]
    public async Task A_node_that_is_asked_to_end_while_Redis_is_away_does_so()
    {
        await nodes.Ground.Redis.CrashAsync();

        // Its end within 5 s is what is promised; a busy machine may make more of it, but not the minutes that it takes to give Redis up.
        var begun = Stopwatch.GetTimestamp();
        Assert.Null(await Third.EndAsync());
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_node_that_dies_while_Redis_is_away_holds_up_only_those_whose_router_it_had_until_Redis_is_back()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        await using var carol = await nodes.OpenAsync("carol", Third);

        // From now on her node knows where the router of carol is, and need not ask in the directory, a third of which was on the node that dies.
        await alice.DeliverAsync(carol.User, "before");
        await nodes.Ground.Redis.CrashAsync();
        bob.Head(Third);
        await Second.KillAsync();
        await bob.WhenDisconnectedAsync();
        var waiting = await alice.Client.SendAsync(bob.User, "to one whose router is gone");

        Assert.Equal(1, (await alice.DeliverAsync(carol.User, "to one whose router is there")).Requests);
        Assert.NotEqual(SentState.Delivered, waiting.State);

        await nodes.Ground.Redis.StartAsync();
        await waiting.Delivered.WaitAsync(ThreeNodes.Patience);
        Assert.Equal(["to one whose router is gone"], bob.Texts);
        Assert.Equal(["before", "to one whose router is there"], carol.Texts);
    }

    [Fact]
    public async Task PostgreSQL_away_means_that_nothing_is_accepted_and_all_goes_on_when_it_is_back()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        await alice.DeliverAsync(bob.User, "before");
        await nodes.Ground.Database.CrashAsync();

        var sent = await alice.Client.SendAsync(bob.User, "meanwhile");
        await alice.WhenDisconnectedAsync();
        Assert.Equal(SentState.Waiting, sent.State);

        await nodes.Ground.Database.StartAsync();
        await sent.Delivered.WaitAsync(ThreeNodes.Patience);
        Assert.Equal(["before", "meanwhile"], bob.Texts);
        Assert.All(nodes.Nodes, node => Assert.True(node.IsAlive));
    }

    [Fact]
    public async Task Nodes_that_are_busy_are_not_declared_dead()
    {
        await using var alice = await nodes.OpenAsync("alice", First);
        await using var bob = await nodes.OpenAsync("bob", Second);
        using var done = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var burners = Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => new Thread(() => Burn(done.Token)) { IsBackground = true }).ToList();
        burners.ForEach(burner => burner.Start());
        var before = nodes.Nodes.Select(ThreeNodes.Deaths).ToList();
        var sent = 0;
        while (!done.IsCancellationRequested)
        {
            await alice.DeliverAsync(bob.User, $"{sent++}");
        }

        burners.ForEach(burner => burner.Join());
        Assert.All(nodes.Nodes, node => Assert.True(node.IsAlive));
        Assert.Equal(before, nodes.Nodes.Select(ThreeNodes.Deaths));
        Assert.Equal(Enumerable.Range(0, sent).Select(n => $"{n}"), bob.Texts);
    }

    private static void Burn(CancellationToken done)
    {
        for (var n = 0L; !done.IsCancellationRequested; n++)
        {
            _ = Math.BigMul(n, n);
        }
    }
}

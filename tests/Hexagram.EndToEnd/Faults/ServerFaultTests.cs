using Hexagram.Chaos.Proxy;
using Hexagram.EndToEnd.Faults.Actors;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.Faults;

/// <summary>The server's process is killed, stopped dead and continued, or ended in good order while messages go both ways; and it dies between its commit and its answer.</summary>
public sealed class ServerFaultTests(SharedWorlds worlds, HostedWorlds hosted) : IClassFixture<SharedWorlds>, IClassFixture<HostedWorlds>
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 40 : 2;

    public static TheoryData<Transport> Transports => Transport.All;

    public static TheoryData<Transport, PacketKind> Answers => Transport.With(
        [PacketKind.MessageAcknowledge, PacketKind.MessageNotify, PacketKind.AckAcknowledge, PacketKind.AckNotify]);

    public static TheoryData<Transport, string> Commits => Transport.With(["append", "confirm"]);

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_server_that_is_killed_under_traffic_keeps_every_promise(Transport transport) => await UnderTrafficAsync(transport, "SIGKILLs", await worlds.OnAsync(transport), async (world, _, _) =>
    {
        await world.Server.KillAsync();
        await world.ServeAgainAsync();
    });

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_server_that_is_restarted_in_good_order_under_traffic_keeps_every_promise(Transport transport) => await UnderTrafficAsync(transport, "SIGTERMs", await worlds.OnAsync(transport), async (world, _, _) =>
    {
        Assert.Equal(0, await world.Server.StopAsync());
        await world.ServeAgainAsync();
    });

    /// <summary>Longer than the clients wait for a byte; their timers run ten times faster than time.</summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_server_that_stands_still_and_goes_on_keeps_every_promise(Transport transport)
    {
        await using var world = new World(transport);
        await world.ServeAsync();
        var cast = new Cast(world, await world.AddAsync("alice", haste: 10), await world.AddAsync("bob", haste: 10));
        await UnderTrafficAsync(transport, "SIGSTOPs", cast, async (_, alice, bob) =>
        {
            var lost = (Lost(alice), Lost(bob));
            world.Server.Suspend();
            try
            {
                await alice.WhenAsync(() => Lost(alice) > lost.Item1);
                await bob.WhenAsync(() => Lost(bob) > lost.Item2);
            }
            finally
            {
                world.Server.Resume();
            }
        });
        await world.EndAndJudgeAsync();

        static int Lost(Application application) => application.Said.Count(one => one is { Word: Spoken.Connection, Details: ["Waiting", ..] });
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_server_that_dies_instead_of_sending_a_packet_costs_as_much_as_the_packet(Transport transport, PacketKind kind)
    {
        var (world, alice, bob) = await worlds.OnAsync(transport);
        var loss = (kind is PacketKind.MessageAcknowledge or PacketKind.AckNotify ? alice : bob).Proxy.Lose(kind);
        await alice.SendAsync(bob, 1);
        await loss.Struck.WaitAsync(RunningProgram.Patience);
        await world.Server.KillAsync();
        await world.ServeAgainAsync();
        await alice.SendAsync(bob, 1);
        await world.JudgeAsync();
    }

    [Theory]
    [MemberData(nameof(Commits))]
    public async Task A_server_that_dies_between_its_commit_and_its_answer_loses_and_doubles_nothing(Transport transport, string commit)
    {
        var (world, alice, bob) = await hosted.OnAsync(transport);
        var noted = Ledger.Read(bob.Folder).Count;
        await world.HaveServerAsync($"die {commit}");
        await alice.SendAsync(bob, 3);
        Assert.Equal(128 + 9, await world.Server.EndAsync());
        await world.ServeAgainAsync();
        await alice.SendAsync(bob, 1);
        await world.JudgeAsync();
        Assert.Equal(noted + 4, Ledger.Read(bob.Folder).Count);
    }

    private static async Task UnderTrafficAsync(Transport transport, string what, Cast cast, Func<World, Application, Application, Task> strike)
    {
        var (world, alice, bob) = cast;
        var traffic = new Traffic(alice, bob);
        for (var round = 0; round < Rounds; round++)
        {
            await traffic.ProgressAsync(1 + Random.Shared.Next(30), () => traffic.SendAsync(60));
            await strike(world, alice, bob);
        }

        await traffic.SendAsync(10);
        await world.JudgeAsync();
        Measured.Report($"{Rounds} {what} of a server under {traffic.Messages} messages over {transport}: nothing lost, doubled, reordered or untrue");
    }
}

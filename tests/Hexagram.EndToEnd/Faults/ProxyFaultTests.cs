using Hexagram.Chaos.Proxy;
using Hexagram.EndToEnd.Faults.Actors;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd.Faults;

/// <summary>Every fault that the proxy knows strikes between real processes while messages go both ways.</summary>
public sealed class ProxyFaultTests(SharedWorlds worlds) : IClassFixture<SharedWorlds>
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 100 : 6;
    private readonly Random _random = new();

    public static TheoryData<Transport, FaultKind> Faults => Transport.With(Transport.Some(Enum.GetValues<FaultKind>()), fault => fault != FaultKind.Lose);

    public static TheoryData<Transport> Transports => Transport.Everyone;

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Traffic_survives_a_fault_that_strikes_again_and_again(Transport transport, FaultKind fault)
    {
        var (world, alice, bob) = await worlds.OnAsync(transport);
        var traffic = new Traffic(alice, bob);
        Watch[] watches = [new(alice), new(bob)];
        for (var round = 0; round < Rounds; round++)
        {
            await traffic.ProgressAsync(1 + _random.Next(15), async () =>
            {
                await traffic.SendAsync(15);
                var losses = Strike(fault, [alice.Proxy, bob.Proxy]);
                await traffic.SendAsync(15);
                await Task.WhenAll(losses.Select(loss => loss.Struck)).WaitAsync(RunningProgram.Patience);
                _ = (alice.Proxy.Thaw(), bob.Proxy.Thaw());
            });
        }

        // What changes the pace stays until here, so that everything has to come through it.
        _ = (alice.Proxy.Clear(), bob.Proxy.Clear());
        await world.JudgeAsync();
        var struck = watches.Sum(watch => watch.Struck(fault));
        Assert.True(struck >= Rounds, $"{fault} was to strike {Rounds} times and struck {struck} times.");
        Measured.Report($"{struck} times {fault} under {traffic.Messages} messages over {transport}: nothing lost, doubled, reordered or untrue");
    }

    /// <summary>
    /// Nobody hears of the end of such a connection, so the silence has to be noticed. The timers of the clients run ten times faster than
    /// time; with <c>HEXAGRAM_LONG=1</c> as they do for everybody.
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_connection_that_is_half_open_is_given_up_and_what_it_held_does_no_harm_later(Transport transport)
    {
        var haste = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1" ? 1 : 10;
        await using var world = new World(transport);
        await world.ServeAsync();
        var (alice, bob) = (await world.AddAsync("alice", haste), await world.AddAsync("bob", haste));

        // One each; on a slow machine a hasty client may have given up an attempt before.
        var frozen = alice.Proxy.Freeze() + bob.Proxy.Freeze();
        Assert.True(frozen >= 2);
        var (before, beforeAtBob) = (alice.Proxy.Counters.Connections, bob.Proxy.Counters.Connections);
        await alice.SendAsync(bob, 5);
        await bob.SendAsync(alice, 5);

        // Each finds a new connection beside the one that hangs.
        await alice.DrainAsync();
        await bob.DrainAsync();
        Assert.True(alice.Proxy.Counters.Connections > before);
        Assert.True(bob.Proxy.Counters.Connections > beforeAtBob);
        Assert.Equal(frozen, alice.Proxy.Thaw() + bob.Proxy.Thaw());
        await alice.SendAsync(bob, 5);
        await bob.SendAsync(alice, 5);
        await world.EndAndJudgeAsync();
    }

    private List<PacketLoss> Strike(FaultKind fault, FaultProxy[] proxies)
    {
        var losses = new List<PacketLoss>();
        foreach (var proxy in proxies)
        {
            switch (fault)
            {
                case FaultKind.Cut:
                    proxy.Cut((Ending)_random.Next(2));
                    break;
                case FaultKind.CutAfter:
                    proxy.CutAfter(_random.Next(2000), _random.Next(2) == 0 ? Ways.ToServer : Ways.ToClient, (Ending)_random.Next(2));
                    break;
                case FaultKind.Freeze:
                    proxy.Freeze((Ways)_random.Next(1, 4));
                    break;
                case FaultKind.Delay:
                    proxy.Delay(TimeSpan.FromMilliseconds(_random.Next(40)), TimeSpan.FromMilliseconds(40));
                    break;
                case FaultKind.Throttle:
                    proxy.Throttle(1_000_000);
                    break;
                case FaultKind.Split:
                    proxy.Split(_random.Next(1, 200));
                    break;
                case FaultKind.Merge:
                    proxy.Merge(_random.Next(1, 100_000), TimeSpan.FromMilliseconds(20));
                    break;
                case FaultKind.Lose:
                    losses.Add(proxy.Lose((PacketKind)_random.Next(1, 7)));
                    break;
            }
        }

        return losses;
    }
}

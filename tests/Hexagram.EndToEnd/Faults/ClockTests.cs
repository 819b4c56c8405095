using Hexagram.EndToEnd.Faults.Actors;

namespace Hexagram.EndToEnd.Faults;

/// <summary>Clocks that jump by hours and days, both ways, while messages are under way and while a client is not running.</summary>
public sealed class ClockTests(HostedWorlds worlds) : IClassFixture<HostedWorlds>
{
    public static TheoryData<int> Hours => Environment.GetEnvironmentVariable("HEXAGRAM_LONG") is "1"
        ? [1, -1, 6, -6, 3 * 24, -3 * 24, 20 * 24, -20 * 24]
        : [1, -6, 3 * 24, -20 * 24];

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task A_clients_clock_that_jumps_breaks_no_promise(int hours)
    {
        var (world, alice, bob) = await worlds.OnAsync(Transport.Any);
        var traffic = new Traffic(alice, bob);
        await traffic.SendAsync(5);
        await alice.ShiftClockAsync(TimeSpan.FromHours(hours));
        await bob.ShiftClockAsync(TimeSpan.FromHours(-hours));
        await traffic.SendAsync(5);
        _ = (alice.Proxy.Cut(), bob.Proxy.Cut());
        await traffic.SendAsync(5);
        await alice.ShiftClockAsync(TimeSpan.Zero);
        await traffic.SendAsync(5);

        // Bob's next life finds a clock that has been set right while it was away.
        await bob.EndAsync();
        await alice.SendAsync(bob, 5);
        await bob.StartAsync();
        await traffic.SendAsync(5);
        await world.JudgeAsync();
    }

    /// <summary>
    /// What is under way when the clock is set back has ids of the server's future: it may be refused, and its sender is told. What
    /// is sent after that is not.
    /// </summary>
    [Theory]
    [MemberData(nameof(Hours))]
    public async Task A_servers_clock_that_jumps_breaks_no_promise(int hours)
    {
        var (world, alice, bob) = await worlds.OnAsync(Transport.Any);
        var traffic = new Traffic(alice, bob);
        foreach (var clock in (int[])[0, hours, 0])
        {
            await world.HaveServerAsync($"clock {clock * 3600}");
            await traffic.SendAsync(5);
            await world.JudgeAsync();
            var refused = alice.Count(Spoken.Refused) + bob.Count(Spoken.Refused);
            await traffic.SendAsync(5);
            _ = (alice.Proxy.Cut(), bob.Proxy.Cut());
            await traffic.SendAsync(5);
            await world.JudgeAsync();
            Assert.Equal(refused, alice.Count(Spoken.Refused) + bob.Count(Spoken.Refused));
        }

        Assert.All(alice.Said.Concat(bob.Said).Where(one => one.Word == Spoken.Refused), one => Assert.Equal("ClockSkew", one.Details[1]));
    }
}

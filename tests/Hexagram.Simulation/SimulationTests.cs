using System.Globalization;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation;

/// <summary>
/// Random schedules over the real state machines: people write to each other while connections are cut, processes die
/// between any two steps, mailboxes fill up and servers are restored from older backups.
/// </summary>
/// <remarks>
/// A failure prints its seed. <c>HEXAGRAM_SEED=n dotnet run --project tests/Hexagram.Simulation</c> replays that one
/// schedule with a trace of every event.
/// </remarks>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1";

    [Fact]
    public void No_schedule_loses_doubles_reorders_or_lies()
    {
        var schedules = Long ? 1_000_000 : 20_000;
        if (Environment.GetEnvironmentVariable("HEXAGRAM_SEED") is { Length: > 0 } seed)
        {
            var replay = Schedule.Run(int.Parse(seed, CultureInfo.InvariantCulture), tracer: output.WriteLine);
            Assert.Empty(replay.Faults);
            return;
        }

        var messages = 0L;
        Parallel.For(0, schedules, n =>
        {
            var history = Schedule.Run(n);
            Assert.True(history.Faults.Count == 0, Describe(n, history.Faults));
            Interlocked.Add(ref messages, history.SentCount);
        });
        Measured.Report($"simulation: {schedules:N0} random schedules, {messages:N0} messages, nothing lost, doubled, reordered or untrue");
    }

    [Theory]
    [MemberData(nameof(Canaries))]
    public void A_plausible_mistake_is_found(string name)
    {
        var canary = Enum.Parse<Canary>(name);
        for (var seed = 0; seed < 20_000; seed++)
        {
            if (Schedule.Run(seed, canary).Faults is { Count: > 0 } faults)
            {
                output.WriteLine($"{canary} found by seed {seed}: {faults[0]}");
                return;
            }
        }

        Assert.Fail($"20,000 schedules did not find {canary}.");
    }

    public static TheoryData<string> Canaries() => new(Enum.GetNames<Canary>().Where(n => n != nameof(Canary.None)));

    private static string Describe(int seed, IReadOnlyList<string> faults) =>
        $"Schedule {seed}: {string.Join("; ", faults)}\nReplay: HEXAGRAM_SEED={seed} dotnet run --project tests/Hexagram.Simulation";
}

using System.Diagnostics;
using Hexagram.Simulation.Engine;

namespace Hexagram.Simulation;

/// <summary>
/// Random schedules over the real state machines: people write to each other while connections are cut, processes die
/// between any two steps or stop for minutes, clocks jump, months pass, mailboxes fill up and servers are restored from older backups.
/// </summary>
/// <remarks>
/// A failure prints a small schedule and the command that replays it: <c>HEXAGRAM_SCHEDULE=seed</c>, or <c>seed:chances:choices</c> for a shrunk
/// one, with a trace of every event. See tests/README.md.
/// </remarks>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int CanarySchedules = 20_000;

    /// <summary>What is left of a schedule that a canary made fail: a few settings, a few messages, a few troubles.</summary>
    private const int ShrunkChoicesMax = 12;

    private static readonly bool Long = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1";

    [Fact]
    public void No_schedule_loses_doubles_reorders_or_lies()
    {
        if (Environment.GetEnvironmentVariable("HEXAGRAM_SCHEDULE") is { Length: > 0 } name)
        {
            Replay(name);
            return;
        }

        var schedules = Long ? 1_000_000 : 50_000;
        var (tally, messages, done) = (new Tally(), 0L, 0);
        var clock = Stopwatch.StartNew();
        Parallel.For(0, schedules, seed =>
        {
            var judgement = Schedule.Run(Plan.Of(seed));
            if (!judgement.IsClean)
            {
                Assert.Fail(Describe(Plan.Of(seed), judgement));
            }

            lock (tally)
            {
                tally.Add(judgement.Tally);
                messages += judgement.Verdict.Sent;
                if (++done % 50_000 == 0 && Long)
                {
                    Console.WriteLine($"{done:N0} of {schedules:N0} schedules in {clock.Elapsed.TotalSeconds:0} s");
                }
            }
        });

        Measured.Report($"simulation: {schedules:N0} random schedules, {messages:N0} messages, nothing lost, doubled, reordered or untrue; {schedules / clock.Elapsed.TotalSeconds:N0} schedules/s");
        foreach (var line in tally.Lines)
        {
            Measured.Report($"simulation: {line}");
        }

        // A kind of trouble that never struck has not been survived.
        Assert.Empty(tally.Missing);
    }

    [Theory]
    [MemberData(nameof(Canaries))]
    public void A_plausible_mistake_is_found(string name)
    {
        var (canary, plan) = Find(name);
        var judgement = Schedule.Run(plan, canary);
        output.WriteLine($"{canary} found by seed {plan.Seed}: {judgement}");
        Measured.Report($"simulation: canary {canary} found by schedule {plan.Seed:N0}: {Symptom.Of(canary).In(judgement)}");
    }

    [Theory]
    [MemberData(nameof(Canaries))]
    public void What_a_mistake_makes_fail_is_shrunk_to_few_choices(string name)
    {
        var (canary, plan) = Find(name);
        var shrunk = Shrinking.Shrink(plan, canary);
        output.WriteLine($"{plan.Kept.Count} choices of seed {plan.Seed} shrunk to {shrunk.Kept.Count}:\n{shrunk}");

        Assert.True(Schedule.Run(Plan.Read(shrunk.Name), canary).IsOf(canary), "what is replayed no longer fails");
        Assert.True(Schedule.Run(shrunk).IsClean, "it fails without the mistake");
        Assert.InRange(shrunk.Kept.Count, 1, ShrunkChoicesMax);
    }

    /// <summary>The same plan gives the same schedule, event for event: without that, a seed says nothing.</summary>
    [Fact]
    public void A_seed_is_replayed_event_for_event()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Assert.Equal(Trace(seed), Trace(seed));
        }

        static List<string> Trace(int seed)
        {
            var events = new List<string>();
            Schedule.Run(Plan.Of(seed), tracer: events.Add);
            return events;
        }
    }

    public static TheoryData<string> Canaries() => new(Enum.GetNames<Canary>().Where(n => n != nameof(Canary.None)));

    private static (Canary Canary, Plan Plan) Find(string name)
    {
        var canary = Enum.Parse<Canary>(name);
        for (var seed = 0; seed < CanarySchedules; seed++)
        {
            if (Schedule.Run(Plan.Of(seed), canary).IsOf(canary))
            {
                return (canary, Plan.Of(seed));
            }
        }

        throw new InvalidOperationException($"{CanarySchedules:N0} schedules did not find {canary}.");
    }

    private void Replay(string name)
    {
        var plan = Plan.Read(name);
        output.WriteLine($"{plan}\n");
        var judgement = Schedule.Run(plan, tracer: output.WriteLine);
        Assert.True(judgement.IsClean, Describe(plan, judgement));
    }

    private static string Describe(Plan plan, Judgement judgement)
    {
        var shrunk = Shrinking.Shrink(plan);
        return $"Schedule {plan.Name}: {judgement}\n"
            + $"Shrunk from {plan.Kept.Count} choices to {shrunk.Kept.Count}: {Schedule.Run(shrunk)}\n{shrunk}\n"
            + $"Replay: HEXAGRAM_SCHEDULE={shrunk.Name} dotnet run --project tests/Hexagram.Simulation -- --filter-method '*No_schedule*' --show-stdout All";
    }
}

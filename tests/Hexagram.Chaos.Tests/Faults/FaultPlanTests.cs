using Hexagram.Chaos.Faults;

namespace Hexagram.Chaos.Tests.Faults;

public sealed class FaultPlanTests
{
    private static readonly Fault[] All = Enum.GetValues<Fault>();

    [Fact]
    public void Each_fault_comes_once_before_any_comes_twice()
    {
        var plan = new FaultPlan(All, TimeSpan.FromMinutes(1), seed: 5);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(All, All.Select(_ => plan.Next().Fault).Order());
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_plan_and_another_one_another()
    {
        Assert.Equal(Plan(5), Plan(5));
        Assert.NotEqual(Plan(5), Plan(6));

        static IReadOnlyList<(TimeSpan, Fault, int)> Plan(int seed)
        {
            var plan = new FaultPlan(All, TimeSpan.FromMinutes(1), seed);
            return [.. Enumerable.Range(0, 50).Select(_ => plan.Next()).Select(next => (next.After, next.Fault, next.Random.Next()))];
        }
    }

    [Fact]
    public void All_faults_fit_into_the_run_at_least_twice()
    {
        var plan = new FaultPlan(All, TimeSpan.FromSeconds(20), seed: 5);
        var twice = Enumerable.Range(0, 2 * All.Length).Sum(_ => plan.Next().After.TotalSeconds);
        Assert.InRange(twice, 0, 20);
    }

    [Fact]
    public void A_fault_that_found_nothing_to_strike_comes_again()
    {
        var plan = new FaultPlan([Fault.Cut, Fault.Clock], TimeSpan.FromSeconds(20), seed: 5);
        var first = plan.Next().Fault;
        plan.Again(first);
        Assert.Equal(2, new[] { plan.Next().Fault, plan.Next().Fault }.Distinct().Count());
    }

    [Fact]
    public void Only_a_long_run_has_pauses_beyond_the_silence_that_ends_a_session()
    {
        var random = new Random(5);
        var brief = new FaultPlan(All, TimeSpan.FromMinutes(1), seed: 5);
        var lengthy = new FaultPlan(All, TimeSpan.FromMinutes(30), seed: 5);
        Assert.All(Enumerable.Range(0, 200), _ => Assert.InRange(brief.Pause(random), TimeSpan.Zero, TimeSpan.FromSeconds(8)));
        Assert.Contains(Enumerable.Range(0, 200), _ => lengthy.Pause(random) > TimeSpan.FromSeconds(45));
    }

    [Fact]
    public void Every_fault_has_a_name_that_reads_back()
    {
        Assert.Equal(All.Length, FaultNames.All.Distinct().Count());
        Assert.All(All, fault => Assert.True(FaultNames.TryParse(FaultNames.NameOf(fault), out var read) && read == fault));
        Assert.Equal("lose-msg-r", FaultNames.NameOf(Fault.LoseMsgR));
        Assert.False(FaultNames.TryParse("KillServer", out _));
    }
}

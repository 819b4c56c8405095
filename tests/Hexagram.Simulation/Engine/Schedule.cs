using Hexagram.Checking;
using Hexagram.Delivery;

namespace Hexagram.Simulation.Engine;

/// <summary>
/// Runs a plan: people who write to each other for a minute or more while everything around them fails, then up to an
/// hour of peace in which everything must arrive.
/// </summary>
internal static class Schedule
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(60);

    /// <summary>Runs a plan and says what was wrong with it.</summary>
    internal static Judgement Run(Plan plan, Canary canary = Canary.None, Action<string>? tracer = null)
    {
        var world = new World(plan.Chances) { Tracer = tracer };
        var settings = new Settings();
        foreach (var setting in plan.Choices.OfType<Setting>())
        {
            setting.Set(settings);
        }

        if (settings.CarriesBytes)
        {
            world.Tally.Count(Engine.Trouble.PacketsAsBytes);
        }

        var stage = new Stage(world, settings, canary);
        try
        {
            Run(stage, plan);
        }
        catch (Exception exception) when (exception is InvariantException or ArgumentException or InvalidOperationException)
        {
            // A defect that throws is a finding like any other: its seed is what matters.
            stage.Ledger.Odd($"threw: {exception.Message}\n{exception.StackTrace}");
        }

        return new Judgement(Checker.Judge(stage.Ledger.History), stage.Ledger.Oddities, world.Tally);
    }

    private static void Run(Stage stage, Plan plan)
    {
        stage.Store.Backup();
        stage.StartAll();
        var trouble = Trouble;
        foreach (var step in plan.Choices.OfType<Step>())
        {
            stage.World.After(step.At, () => Do(step, stage));
            trouble = step.At + step.Lasts > trouble ? step.At + step.Lasts : trouble;
        }

        stage.World.RunUntil(trouble);
        stage.MakePeace();
        stage.World.RunUntil(trouble + Peace, () => stage.HasSettled);
        stage.WriteDownTheEnd();
    }

    private static void Do(Step step, Stage stage)
    {
        stage.World.Trace($"---- {step}");
        step.Do(stage);
    }
}

/// <summary>What was wrong with a schedule, and what it went through.</summary>
/// <param name="Verdict">The promises.</param>
/// <param name="Oddities">What is wrong beside them.</param>
/// <param name="Tally">What struck.</param>
internal sealed record Judgement(Verdict Verdict, IReadOnlyList<string> Oddities, Tally Tally)
{
    internal bool IsClean => Verdict.IsClean && Oddities.Count == 0;

    /// <summary>Whether it shows this mistake, by the symptom that is its own; without a mistake whatever is wrong counts.</summary>
    internal bool IsOf(Canary canary) => canary == Canary.None ? !IsClean : Symptom.Of(canary).In(this) is not null;

    private IEnumerable<string> All => Verdict.Findings.Select(finding => finding.ToString()).Concat(Oddities);

    /// <summary>The first few things that are wrong.</summary>
    public override string ToString() => string.Join("; ", All.Take(5));
}

using Hexagram.Chaos.Faults;
using Hexagram.Chaos.Runs;
using Hexagram.Checking;

namespace Hexagram.EndToEnd.Disturbances;

/// <summary>A judge that has never condemned anybody proves nothing: chaos runs against servers with one mistake each.</summary>
public sealed class LyingServerTests
{
    [Theory]
    [InlineData(Mistake.Forgets, Breach.Lost)]
    [InlineData(Mistake.Forgets, Breach.Lie)]
    [InlineData(Mistake.Doubles, Breach.Doubled)]
    [InlineData(Mistake.Reorders, Breach.Reordered)]
    [InlineData(Mistake.Boasts, Breach.Lie)]
    [InlineData(Mistake.Delays, Breach.Stuck)]
    public async Task A_mistake_of_the_server_is_found(Mistake mistake, Breach breach)
    {
        var report = await RunAsync(mistake, bound: TimeSpan.FromSeconds(4));
        Assert.False(report.HasPassed);
        Assert.True(report.Verdict.Count(breach) > 0, $"{mistake}: {report.Verdict}\n{string.Join('\n', report.Verdict.Findings.Take(10))}");
    }

    [Fact]
    public async Task Nothing_is_found_where_there_is_no_mistake()
    {
        var report = await RunAsync(Mistake.None, bound: TimeSpan.FromMinutes(1));
        Assert.True(report.Verdict.IsClean, $"{report.Verdict}\n{string.Join('\n', report.Verdict.Findings.Take(10))}");
        Assert.Empty(report.Troubles);
    }

    private static async Task<ChaosReport> RunAsync(Mistake mistake, TimeSpan bound)
    {
        var folder = Directory.CreateTempSubdirectory("hexagram-lies-").FullName;
        var settings = new ChaosSettings
        {
            Duration = TimeSpan.FromSeconds(6),
            Bound = bound,
            Clients = 4,
            Rate = 150,
            // What was promised and is not there is lost when its sender's device burns; otherwise the client's own resends make it good.
            Faults = mistake == Mistake.Forgets ? [Fault.BurnDevice] : [Fault.Cut, Fault.LoseMsgA, Fault.LoseMsgN],
            Seed = 1,
            Folder = folder,
            Program = LyingServerProgram.With(mistake),
        };
        try
        {
            await using var run = new ChaosRun(settings);
            return await run.RunAsync(CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

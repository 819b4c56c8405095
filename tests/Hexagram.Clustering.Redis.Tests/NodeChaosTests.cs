using System.Globalization;
using System.Text.Json;
using Hexagram.Processes;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>Everything at once: nodes, engines, links, connections and clients fail while messages flow, and the checker judges.</summary>
public sealed class NodeChaosTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("HEXAGRAM_LONG") == "1";
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(IsLong ? 600 : 20);

    [Fact]
    public async Task Three_nodes_under_every_fault_keep_every_promise()
    {
        string[] words = ["chaos", "--nodes", "3", "--clients", "8", "--rate", "50", "--json", "--duration", $"{Length.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s"];
        using var chaos = ProgramStart.Start(ThreeNodes.ProgramOf("20s"), words);
        var errors = ProgramStart.ReadErrorsAsync(chaos);
        var lines = (await chaos.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await chaos.WaitForExitAsync();

        var said = $"{lines.LastOrDefault()}\n{string.Join('\n', await errors)}";
        Assert.True(lines.Length > 1, said);
        using var verdict = JsonDocument.Parse(lines[^1]);
        foreach (var promise in (string[])["lost", "doubled", "reordered", "lies", "stuck"])
        {
            Assert.True(verdict.RootElement.GetProperty(promise).GetInt32() == 0, said);
        }

        Assert.True(verdict.RootElement.GetProperty("sent").GetInt64() > 0, said);

        // In a short run some fault may find nothing to strike.
        Assert.True(chaos.ExitCode == 0 || !IsLong, said);
        Measured.Report(string.Create(
            CultureInfo.InvariantCulture,
            $"chaos with three nodes: {verdict.RootElement.GetProperty("sent").GetInt64():N0} messages, {lines.Length - 1} faults: lost 0, doubled 0, reordered 0, lies 0, stuck 0"));
    }
}

using System.Text.Json;
using Hexagram.Processes;

namespace Hexagram.Bench.Tests.Runs;

/// <summary>Every scenario against a real server, small: it ends well, and says in one JSON object what it measured.</summary>
public sealed class ScenarioTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("pairs --pairs 4 --window 2 --duration 1s --warm-up 200ms --mailboxes 10 --entries 100", "traffic")]
    [InlineData("rate --pairs 4 --rate 200 --duration 1s --warm-up 200ms", "traffic")]
    [InlineData("fanin --senders 5 --duration 500ms --warm-up 200ms --repeat 2", "traffic")]
    [InlineData("single --client sdk-durable --window 4 --duration 2s --warm-up 200ms", "traffic")]
    [InlineData("offline --users 5 --messages 500", "storing draining")]
    [InlineData("reconnect --devices 20 --messages 3", "storing draining")]
    [InlineData("startup --repeat 1", "startup")]
    public async Task A_scenario_measures_and_verifies(string words, string phases)
    {
        var report = await RunAsync(words);

        Assert.True(report.GetProperty("passed").GetBoolean());
        Assert.Equal(words.Split(' ')[0], report.GetProperty("scenario").GetString());
        var results = report.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(phases.Split(' '), results.Select(result => result.GetProperty("phase").GetString()));
        Assert.All(results, result => Assert.True(result.GetProperty("seconds").GetDouble() > 0));
        if (phases != "startup")
        {
            Assert.All(results, result => Assert.True(result.GetProperty("messages").GetInt64() > 0));
        }
    }

    [Fact]
    public async Task The_floor_is_measured_beside_the_server()
    {
        var report = await RunAsync("idle --connections 50 --settle 200ms --floor");

        Assert.Equal(["server", "floor"], report.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("target").GetString()));
        Assert.All(report.GetProperty("results").EnumerateArray(), result => Assert.Equal(50, result.GetProperty("connections").GetInt32()));
    }

    [Fact]
    public async Task The_floor_moves_messages_as_the_server_does()
    {
        var report = await RunAsync("pairs --pairs 4 --duration 1500ms --warm-up 200ms --floor");

        Assert.True(report.GetProperty("passed").GetBoolean());
        Assert.True(report.GetProperty("ratio").GetProperty("serverProcessorUs").GetDouble() > 0);
        Assert.True(report.GetProperty("results")[0].GetProperty("allocatedBytes").GetDouble() > 0);
    }

    [Fact]
    public async Task The_same_is_measured_over_TLS()
    {
        var report = await RunAsync("single --client sdk --transport ws --window 4 --duration 500ms --warm-up 100ms --tls");

        Assert.True(report.GetProperty("passed").GetBoolean());
        Assert.Equal(["server", "server with TLS"], report.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("target").GetString()));
        Assert.True(report.GetProperty("tlsRatio").GetProperty("serverProcessorUs").GetDouble() > 0);
    }

    private static async Task<JsonElement> RunAsync(string words)
    {
        var program = new HexagramProgram
        {
            FileName = Path.Combine(AppContext.BaseDirectory, "hexagram"),
            ServerWords = _ => [],
            IssueToken = (_, _) => throw new NotSupportedException(),
            OpenStore = _ => throw new NotSupportedException(),
        };
        using var process = ProgramStart.Start(program, ["bench", .. words.Split(' '), "--json"]);
        var errors = ProgramStart.ReadErrorsAsync(process);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{output}\n{string.Join('\n', await errors)}");
            return JsonDocument.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}

using System.Text.RegularExpressions;
using Hexagram.Cli.Tests.CommandLine;

namespace Hexagram.Cli.Tests.Documents;

/// <summary>What <c>deploy/</c> says to the servers and about them is what they understand.</summary>
public sealed partial class DeployTests
{
    private static readonly string Compose = Read("compose.yaml");

    [Fact]
    public async Task Servers_of_the_compose_file_start_with_what_it_says_once_there_is_a_database()
    {
        var data = Directory.CreateTempSubdirectory("hexagram-deploy-");
        try
        {
            var variables = Variable().Matches(Compose).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value.Trim('"'));
            variables["HEXAGRAM__POSTGRES__CONNECTIONSTRING"] = variables["HEXAGRAM__POSTGRES__CONNECTIONSTRING"].Replace("Host=postgres", "Timeout=1;Host=/nowhere", StringComparison.Ordinal);
            var commands = Command().Matches(Compose).Select(match => match.Groups["words"].Value.Split(',', StringSplitOptions.TrimEntries).Select(word => word.Trim('"'))).ToList();

            Assert.Equal(3, commands.Count);
            foreach (var words in commands)
            {
                // Settings that cannot be meant would end it with 2.
                var run = await CapturedRun.Of(variables, [.. words, "--data", data.FullName]);
                Assert.Contains("chat at /nowhere", run.Error, StringComparison.Ordinal);
                Assert.Equal(ExitCode.Failure, run.Code);
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public void Balancer_knows_every_server_of_the_compose_file_on_both_ports()
    {
        var nodes = Service().Matches(Compose).Select(match => match.Groups["name"].Value).Where(name => name.StartsWith("node", StringComparison.Ordinal)).ToList();

        Assert.Equal(
            nodes.SelectMany(node => new[] { $"{node} {node}:7000", $"{node} {node}:7080" }).Order(StringComparer.Ordinal),
            Server().Matches(Read("haproxy.cfg")).Select(match => match.Groups["place"].Value).Order(StringComparer.Ordinal));
    }

    private static string Read(string name) => File.ReadAllText(Path.Combine(WrittenBlock.Root(), "deploy", name));

    [GeneratedRegex(@"^    (?<name>HEXAGRAM__\w+): (?<value>.+)$", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^    command: \[(?<words>serve, .+)\]$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"^  (?<name>\w+):$", RegexOptions.Multiline)]
    private static partial Regex Service();

    [GeneratedRegex(@"^    server (?<place>.+)$", RegexOptions.Multiline)]
    private static partial Regex Server();
}

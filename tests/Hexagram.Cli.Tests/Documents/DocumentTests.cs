using System.Globalization;
using System.Net;
using System.Text;
using Hexagram.Bench.Runs;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Tests.CommandLine;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.Tests.Documents;

/// <summary>The documents say what the program says.</summary>
public sealed class DocumentTests
{
    [Theory]
    [InlineData("hexagram")]
    [InlineData("hexagram demo")]
    [InlineData("hexagram serve")]
    [InlineData("hexagram token")]
    [InlineData("hexagram send")]
    [InlineData("hexagram receive")]
    [InlineData("hexagram chat")]
    [InlineData("hexagram inspect")]
    [InlineData("hexagram backup")]
    [InlineData("hexagram restore")]
    [InlineData("hexagram config")]
    [InlineData("hexagram chaos")]
    [InlineData("hexagram bench")]
    [InlineData("hexagram bench pairs")]
    [InlineData("hexagram bench single")]
    [InlineData("hexagram bench rate")]
    [InlineData("hexagram bench fanin")]
    [InlineData("hexagram bench offline")]
    [InlineData("hexagram bench reconnect")]
    [InlineData("hexagram bench idle")]
    [InlineData("hexagram bench startup")]
    public async Task The_page_of_the_commands_shows_their_help(string command)
    {
        var run = await CapturedRun.Of([.. command.Split(' ').Skip(1), "--help"]);

        WrittenBlock.Holds("docs/cli.md", command, $"```text\n{run.Output}```\n");
    }

    [Fact]
    public void The_page_of_the_commands_lists_each_figure_of_bench()
    {
        var table = new StringBuilder("| name | what it is | unit |\n| --- | --- | --- |\n");
        foreach (var figure in Figure.All)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{figure.Name}` | {figure.Words.Trim()} | {figure.Unit} |\n");
        }

        WrittenBlock.Holds("docs/cli.md", "figures", table.ToString());
    }

    [Fact]
    public void The_page_of_the_settings_lists_each_with_its_default()
    {
        var table = new StringBuilder("| setting | default | what it is |\n| --- | --- | --- |\n");
        foreach (var setting in ServeSettings.Describe())
        {
            var meaning = Docstrings.SummaryOf(setting.Property);
            Assert.True(meaning.Length > 0, $"{setting.Path} is not documented.");
            table.Append(CultureInfo.InvariantCulture, $"| `{setting.Path}` | `{Default(setting)}` | {meaning} |\n");
        }

        WrittenBlock.Holds("docs/configuration.md", "settings", table.ToString());
    }

    // HTTP is written as the URL that people type into a browser.
    private static string Default(Setting setting) =>
        setting.Property.PropertyType == typeof(IPEndPoint) && setting.Property.Name == "Http" ? $"http://{setting.Default}" : setting.Default;
}

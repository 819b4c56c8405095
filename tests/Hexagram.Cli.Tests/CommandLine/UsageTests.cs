using System.Text.Json;

namespace Hexagram.Cli.Tests.CommandLine;

/// <summary>What cannot be understood is told with a hint, ends with 2, and leaves standard output alone.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("sned --as alice --to bob hello", "Did you mean 'send'?")]
    [InlineData("serve --tpc 127.0.0.1:0", "Did you mean '--tcp'?")]
    [InlineData("send --as alice --tp bob hello", "Did you mean '--to'?")]
    [InlineData("send --as alice --to bob --trcae", "Did you mean '--trace'?")]
    [InlineData("send --as alice --to bob --jsn", "Did you mean '--json'?")]
    [InlineData("send --as alice --to bob -hello", "after '--'")]
    [InlineData("send --as alice --to bob hello there", "'there'")]
    [InlineData("send --as alice hello", "'--to'")]
    [InlineData("send --to bob hello", "'--as'")]
    [InlineData("send --as alice --to bob", "TEXT is missing")]
    [InlineData("send --as  --to bob hello", "cannot be a user id")]
    [InlineData("send --as a b --to bob hello", "'hello'")]
    [InlineData("send --as alice --to bob hello --timeout soon", "such as 30s")]
    [InlineData("send --as alice --to bob hello --timeout 0s", "such as 30s")]
    [InlineData("send --as alice --to bob hello --server ftp://example.org", "tcp://HOST:PORT")]
    [InlineData("send --as alice --to bob hello --token t --data d", "Use one of them")]
    [InlineData("receive", "'--as'")]
    [InlineData("receive --as bob --timeout 31d", "at most 30d")]
    [InlineData("receive --as bob --count 0", "1 or more")]
    [InlineData("receive --as bob --count many", "1 or more")]
    [InlineData("token", "USER is missing")]
    [InlineData("token alice --expires never", "such as 30s")]
    [InlineData("serve --tcp 7000", "ADDRESS:PORT")]
    [InlineData("serve --tcp 127.0.0.1:70000", "ADDRESS:PORT")]
    [InlineData("serve --tcp example.org:7000", "ADDRESS:PORT")]
    [InlineData("bench pairs --tls", "--client sdk")]
    [InlineData("bench pairs --tls --client sdk --server 127.0.0.1:7000", "--server")]
    [InlineData("serve --http https://127.0.0.1:7080", "or http://127.0.0.1:7080, or none")]
    [InlineData("serve --tcp 0.0.0.0:0", "AllowRemote")]
    [InlineData("serve --config missing.json", "missing.json")]
    [InlineData("", "Required command")]
    public async Task What_cannot_be_understood_is_told_with_a_hint(string words, string hint)
    {
        // Two blanks stand for an empty word.
        var split = words.Length == 0 ? [] : words.Replace("  ", " \u0001 ", StringComparison.Ordinal).Split(' ').Select(word => word == "\u0001" ? "" : word).ToArray();

        var run = await CapturedRun.Of(split);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);

        var json = await CapturedRun.Of([.. split, "--json"]);

        Assert.Equal(ExitCode.Usage, json.Code);
        Assert.Empty(json.Output);
        var line = Assert.Single(json.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(hint, JsonDocument.Parse(line).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@everyone")]
    [InlineData("-")]
    [InlineData("[brackets]")]
    [InlineData("a --to b")]
    [InlineData("")]
    public async Task A_message_may_look_like_something_else(string text)
    {
        // Understood, so that it fails for want of a key and not for want of sense.
        var run = await CapturedRun.Of("send", "--as", "alice", "--to", "bob", "--data", NoFolder, text);

        Assert.Equal(ExitCode.Failure, run.Code);
        Assert.Contains("no server's key", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("-hello")]
    [InlineData("--")]
    public async Task After_two_dashes_everything_is_the_message(string text)
    {
        var run = await CapturedRun.Of("send", "--as", "alice", "--to", "bob", "--data", NoFolder, "--", text);

        Assert.Equal(ExitCode.Failure, run.Code);
        Assert.StartsWith("hexagram: There is no server's key", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_that_of_the_program()
    {
        var run = await CapturedRun.Of("--version");

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Matches(@"^hexagram \d+\.\d+\.\d+", run.Output);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("send --help")]
    [InlineData("send --as alice --help")]
    [InlineData("receive -h")]
    [InlineData("serve -?")]
    [InlineData("token --help")]
    public async Task Help_has_examples_and_exit_codes(string words)
    {
        var run = await CapturedRun.Of(words.Split(' '));

        Assert.Equal(ExitCode.Success, run.Code);
        Assert.Contains("Examples:\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("Exit codes:\n", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void Exit_codes_are_a_contract_with_scripts() =>
        Assert.Equal(
            ["Success=0", "Failure=1", "Usage=2", "Stored=3", "TimedOut=4", "Refused=5", "Lost=6"],
            Enum.GetValues<ExitCode>().Select(code => $"{code}={(int)code}"));

    private static string NoFolder => Path.Combine(Path.GetTempPath(), "hexagram-no-such-folder");
}

using System.Text.RegularExpressions;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.EndToEnd;

/// <summary>
/// The commands of the README do what it says. They are run as they stand there, but with the program that was built with this test, and
/// with ports that the system assigns, by way of the environment.
/// </summary>
public sealed partial class ReadmeTests : IAsyncLifetime
{
    private readonly Stage _stage = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Its_commands_work_as_pasted()
    {
        var commands = Commands().Matches(await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"))).Select(match => Words(match.Groups[1].Value)).ToList();
        var serve = Assert.Single(commands, words => words[0] == "serve");
        var receive = Assert.Single(commands, words => words[0] == "receive");
        var send = Assert.Single(commands, words => words[0] == "send");
        // What these do takes its time, and has its own tests.
        foreach (var words in commands.Where(words => words[0] is "chaos" or "chat" or "demo"))
        {
            Assert.Equal(0, await _stage.Run([.. words, "--help"]).EndAsync());
        }

        _stage.With("HEXAGRAM__LISTEN__TCP", "127.0.0.1:0").With("HEXAGRAM__LISTEN__HTTP", "http://127.0.0.1:0");
        var server = _stage.Run(serve);
        var ready = (await server.WhenPrintedAsync(1))[0];
        _stage.With("HEXAGRAM__SERVER", Address().Match(ready).Groups[1].Value);

        // The recipient first, and a first message to know that it is there.
        var receiving = _stage.Run(receive);
        await _stage.Run("send", "--as", "stage", "--to", "bob", "hello").EndAsync();
        await receiving.WhenPrintedAsync(1);
        var sending = _stage.Run(send);

        Assert.Equal(0, await sending.EndAsync());
        Assert.Equal(["msg:R", "msg:A", "msg:N", "ack:R", "ack:A", "ack:N"], sending.Output.Take(6).Select(line => Line().Match(line).Value));
        Assert.StartsWith("delivered", sending.Output[6], StringComparison.Ordinal);
        Assert.EndsWith($" alice: {send.Last(word => !word.StartsWith('-'))}", (await receiving.WhenPrintedAsync(2))[1], StringComparison.Ordinal);
    }

    /// <summary>Takes a line of a shell apart as far as the README needs it: words, and words in double quotes.</summary>
    private static List<string> Words(string line) => [.. Word().Matches(line).Select(word => word.Value.Trim('"'))];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hexagram.slnx")))
        {
            folder = folder.Parent;
        }

        return folder!.FullName;
    }

    [GeneratedRegex(@"^dotnet run --project src/Hexagram\.Cli -- (.+)$", RegexOptions.Multiline)]
    private static partial Regex Commands();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"tcp://([^,]+),")]
    private static partial Regex Address();

    [GeneratedRegex(@"(msg|ack):[RAN]")]
    private static partial Regex Line();
}

using Hexagram.Cli.Clients;
using Hexagram.Protocol;

namespace Hexagram.Cli.Tests.Clients;

public sealed class StateFolderTests
{
    private static readonly Uri Server = new("tcp://127.0.0.1:7000");
    private static readonly Dictionary<string, string> Variables = new() { ["HOME"] = "/x", ["XDG_STATE_HOME"] = "/y/state" };

    [Fact]
    public void There_is_one_per_server_user_and_role() =>
        Assert.Equal(
            ["/y/state/hexagram/127.0.0.1_7000/alice/send", "/y/state/hexagram/127.0.0.1_7000/alice/receive", "/y/state/hexagram/127.0.0.1_7001/alice/send"],
            [Folder("alice", "send"), Folder("alice", "receive"), Folder("alice", "send", new Uri("tcp://127.0.0.1:7001"))]);

    [Fact]
    public void Without_the_variable_it_is_under_the_home_folder() =>
        Assert.Equal("/x/.local/state/hexagram/127.0.0.1_7000/alice/send", StateFolder.Default(name => name == "HOME" ? "/x" : null, Server, new UserId("alice"), "send"));

    [Fact]
    public void A_relative_variable_is_ignored_as_the_specification_says() =>
        Assert.StartsWith("/x/.local/state", StateFolder.Default(name => name == "HOME" ? "/x" : "state", Server, new UserId("alice"), "send"), StringComparison.Ordinal);

    [Fact]
    public void Without_a_home_folder_one_has_to_say_where()
    {
        var failure = Assert.Throws<CommandFailure>(() => StateFolder.Default(_ => null, Server, new UserId("alice"), "send"));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.Contains("--state", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..", "%2e%2e")]
    [InlineData("a/../b", "a%2f..%2fb")]
    [InlineData(".hidden", "%2ehidden")]
    [InlineData("dot.", "dot%2e")]
    [InlineData("Alice", "%41lice")]
    [InlineData("a%2fb", "a%252fb")]
    [InlineData("奥", "%e5%a5%a5")]
    [InlineData("a:b\\c", "a%3ab%5cc")]
    public void A_user_cannot_lead_out_of_the_folder(string user, string name) =>
        Assert.Equal($"/y/state/hexagram/127.0.0.1_7000/{name}/send", Folder(user, "send"));

    [Fact]
    public void Long_names_stay_different_and_short_enough()
    {
        var users = new[] { new string('ü', 60) + "a", new string('ü', 60) + "b", new string('x', 128) };
        var names = users.Select(user => Folder(user, "send").Split('/')[^2]).ToList();
        Assert.Equal(3, names.Distinct().Count());
        Assert.All(names, name => Assert.True(name.Length <= 128));
    }

    private static string Folder(string user, string role, Uri? server = null) =>
        StateFolder.Default(Variables.GetValueOrDefault, server ?? Server, new UserId(user), role);
}

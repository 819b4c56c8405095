using System.Net;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Tests.CommandLine;
using Microsoft.Extensions.Logging;

namespace Hexagram.Cli.Tests.Serving;

/// <summary>Command line over environment over file over default; and nothing that cannot be meant is passed over.</summary>
public sealed class ServeSettingsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hexagram-settings-");
    private readonly Dictionary<string, string?> _words = [];
    private readonly Dictionary<string, string> _variables = [];

    public ServeSettingsTests()
    {
        _words["Data"] = _folder.FullName;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Unless_told_otherwise_it_listens_on_this_machine_alone()
    {
        _words.Remove("Data");

        var settings = Load();

        Assert.Equal(IPEndPoint.Parse("127.0.0.1:7000"), settings.Server.Listen.Tcp);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:7080"), settings.Server.Listen.Http);
        Assert.Equal(Path.GetFullPath("hexagram-data"), settings.Data.Path);
        Assert.Equal(Path.Combine(settings.Data.Path, "token.key"), settings.Server.Access.SigningKeyFile);
        Assert.Equal(Path.Combine(settings.Data.Path, "mailboxes"), settings.Store.Folder);
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        Write("hexagram.json", """{ "Listen": { "Tcp": "127.0.0.1:1", "Http": "http://127.0.0.1:1" }, "Bounds": { "SessionsMax": 1, "WindowMax": 1 } }""");
        _variables["HEXAGRAM__LISTEN__TCP"] = "127.0.0.1:2";
        _variables["hexagram__bounds__sessionsmax"] = "2";
        _words["Listen:Tcp"] = "127.0.0.1:3";

        var settings = Load();

        Assert.Equal(3, settings.Server.Listen.Tcp.Port);
        Assert.Equal(2, settings.Server.Bounds.SessionsMax);
        Assert.Equal(1, settings.Server.Bounds.WindowMax);
        Assert.Equal(1, settings.Server.Listen.Http!.Port);
    }

    [Fact]
    public void A_file_that_is_named_replaces_the_one_in_the_data_folder()
    {
        Write("hexagram.json", """{ "Bounds": { "SessionsMax": 1 } }""");
        var other = Write("other.json", """{ "Bounds": { "WindowMax": 2 }, /* comments are fine */ }""");

        var settings = Load(other);

        Assert.NotEqual(1, settings.Server.Bounds.SessionsMax);
        Assert.Equal(2, settings.Server.Bounds.WindowMax);
        _variables["HEXAGRAM__CONFIG"] = other;
        Assert.Equal(2, Load().Server.Bounds.WindowMax);
    }

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        Write("hexagram.json", """
            {
              "Listen": { "Http": "none", "AllowRemote": true, "Tcp": "0.0.0.0:0" },
              "Times": { "PingAfter": "10s", "SilenceMax": "1m" },
              "Horizon": "40d",
              "Store": { "DiskReserveBytes": 5000000000, "Limits": { "UnconfirmedMax": 7 }, "Forgetting": { "Retention": "100d" } },
              "Log": { "Level": "debug" }
            }
            """);

        var settings = Load();

        Assert.Null(settings.Server.Listen.Http);
        Assert.True(settings.Server.Listen.AllowRemote);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Server.Times.PingAfter);
        Assert.Equal(5_000_000_000, settings.Store.DiskReserveBytes);
        Assert.Equal(7, settings.Store.Limits.UnconfirmedMax);
        Assert.Equal(TimeSpan.FromDays(100), settings.Store.Forgetting.Retention);
        Assert.Equal(LogLevel.Debug, settings.Log.Level);

        // What Welcome promises is what the store keeps.
        Assert.Equal(TimeSpan.FromDays(40), settings.Server.Horizon);
        Assert.Equal(TimeSpan.FromDays(40), settings.Store.Forgetting.Horizon);
    }

    [Fact]
    public void Everything_that_cannot_be_meant_is_named_at_once()
    {
        Write("hexagram.json", """
            {
              "Bonds": { "SessionsMax": 1 },
              "Bounds": { "SessionsMax": "many", "WindowMax": 99999999999, "Sessions": 1 },
              "Times": { "PingAfter": 20 },
              "Listen": { "Tcp": "none" },
              "Store": { "Folder": "elsewhere", "Limits": { "UnconfirmedMax": 0 } },
              "Log": { "Level": "loud" }
            }
            """);

        var failure = Assert.Throws<CommandFailure>(() => Load());

        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        foreach (var named in new[] { "setting Bonds", "Bounds:SessionsMax is 'many'", "Bounds:WindowMax is '99999999999'", "setting Bounds:Sessions;", "Times:PingAfter is '20'", "Listen:Tcp is 'none'", "setting Store:Folder", "UnconfirmedMax is 0", "Log:Level is 'loud'" })
        {
            Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{ "Redis": { "ConnectionString": "localhost" } }""", "go together", "needs mailboxes that all its nodes share")]
    [InlineData("""{ "Cluster": { "Address": "10.0.0.1:7090" } }""", "go together", "needs mailboxes that all its nodes share")]
    [InlineData("""{ "Redis": { "ConnectionString": "localhost,nonsense=1" } }""", "Redis.ConnectionString", "nonsense")]
    [InlineData("""{ "Cluster": { "Address": "0.0.0.0:7090" } }""", "no other node can find this one", "Cluster.Listen")]
    [InlineData("""{ "Cluster": { "Address": "127.0.0.1:0", "DeadAfter": "1s" } }""", "needs a port of its own", "Cluster.DeadAfter is")]
    [InlineData("""{ "Cluster": { "Listen": "127.0.0.1:7090", "Name": " " } }""", "Cluster.Listen is set", "Cluster.Name is empty")]
    public void Half_a_cluster_is_none(string file, string first, string second)
    {
        Write("hexagram.json", file);

        var failure = Assert.Throws<CommandFailure>(() => Load());

        Assert.Contains(first, failure.Message, StringComparison.Ordinal);
        Assert.Contains(second, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_variable_is_a_fault_but_those_of_the_clients_are_not()
    {
        _variables["HEXAGRAM__SERVER"] = "127.0.0.1:7000";
        _variables["HEXAGRAM__TOKEN"] = "secret";
        _variables["HEXAGRAM_LONG"] = "1";
        Load();

        _variables["HEXAGRAM__PORT"] = "7000";
        Assert.Contains("setting PORT", Assert.Throws<CommandFailure>(() => Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_json_is_named()
    {
        Write("hexagram.json", "{ Listen: }");

        var failure = Assert.Throws<CommandFailure>(() => Load());

        Assert.Contains(Path.Combine(_folder.FullName, "hexagram.json"), failure.Message, StringComparison.Ordinal);
    }

    private ServeSettings Load(string? file = null) =>
        ServeSettings.Load(_words, file, CapturedRun.Surroundings(TextWriter.Null, TextWriter.Null, _variables));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}

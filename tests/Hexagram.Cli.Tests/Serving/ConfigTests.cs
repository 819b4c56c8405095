using System.Text.Json;
using Hexagram.Cli.Serving;
using Hexagram.Cli.Tests.CommandLine;
using Hexagram.Server.Configuration;

namespace Hexagram.Cli.Tests.Serving;

/// <summary>What <c>config</c> says about settings is what <c>serve</c> would do with them.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hexagram-config-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Every_setting_is_printed_with_its_source()
    {
        var file = Write("""{ "Bounds": { "SessionsMax": 11, "WindowMax": 12 } }""");
        var variables = new Dictionary<string, string> { ["HEXAGRAM__BOUNDS__SESSIONSMAX"] = "13" };

        var run = await CapturedRun.Of(variables, "config", "print", "--data", _folder.FullName, "--json");
        var printed = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(one => one.GetProperty("setting").GetString()!, one => (one.GetProperty("value").GetString(), one.GetProperty("source").GetString()));

        Assert.Equal(ServeSettings.Describe().Select(setting => setting.Path), printed.Keys);
        Assert.Equal(("13", "HEXAGRAM__BOUNDS__SESSIONSMAX"), printed["Bounds:SessionsMax"]);
        Assert.Equal(("12", file), printed["Bounds:WindowMax"]);
        Assert.Equal((_folder.FullName, "command line"), printed["Data"]);
        Assert.Equal("default", printed["Listen:Tcp"].Item2);
    }

    [Theory]
    [InlineData("""{ "Bounds": { "SessionsMax": 5 } }""", ExitCode.Success)]
    [InlineData("""{ "Bounds": { "SessionsMax": -5 } }""", ExitCode.Usage)]
    [InlineData("""{ "Bounds": { "SessionMax": 5 } }""", ExitCode.Usage)]
    [InlineData("""{ "Listen": { "Tcp": "0.0.0.0:7000" } }""", ExitCode.Usage)]
    [InlineData("""{ "Bounds": """, ExitCode.Usage)]
    public async Task A_file_is_checked_as_serve_would(string text, object expected)
    {
        Write(text);

        var run = await CapturedRun.Of("config", "check", "--data", _folder.FullName);

        Assert.True((ExitCode)expected == run.Code, run.Error + run.Output);
        Assert.Equal(run.Code == ExitCode.Success, run.Output.Length > 0);
    }

    [Theory]
    [InlineData("Access:SigningKey", "abc", true)]
    [InlineData("Store:ConnectionString", "Host=db", true)]
    [InlineData("Store:Main", "Host=db;Password=abc", true)]
    [InlineData("Listen:Tcp", "127.0.0.1:7000", false)]
    [InlineData("Access:SigningKey", "", false)]
    public void What_is_secret_is_known_by_its_name_or_by_what_it_holds(string path, string value, bool isSecret) =>
        Assert.Equal(isSecret, new EffectiveSetting(new Setting(path, null!, ""), value, null).IsSecret);

    private string Write(string text)
    {
        var file = Path.Combine(_folder.FullName, "hexagram.json");
        File.WriteAllText(file, text);
        return file;
    }
}

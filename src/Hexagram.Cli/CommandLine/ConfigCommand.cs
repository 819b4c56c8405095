using System.CommandLine;
using Hexagram.Cli.Output;
using Hexagram.Cli.Serving;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram config check</c> and <c>hexagram config print</c>.</summary>
internal static class ConfigCommand
{
    private const string Epilogue = """
        Settings come from the file, from the environment (HEXAGRAM__LISTEN__TCP is Listen:Tcp) and from here, as for 'hexagram serve'; nothing
        is started or written. docs/configuration.md lists them all.

        Examples:
          hexagram config check --config new.json && systemctl restart hexagram
          hexagram config print --data /srv/hexagram --json | jq 'select(.source != "default")'

        JSON:
          check: {"valid":true,"file":"/srv/hexagram/hexagram.json","changed":3}
          print, one object per setting: {"setting":"Listen:Tcp","value":"127.0.0.1:7000","source":"default"}
          source: default, the file's path, the variable's name, or "command line"; a secret's value is "(hidden)"

        Exit codes:
          0 a server would start with them   2 they cannot be meant; standard error says what, all of it
        """;

    /// <summary>The command with its two parts.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var config = new DocumentedCommand("config", "Check or print the settings that 'serve' would start with.") { Epilogue = Epilogue };
        config.Add(Part("check", "Say whether a server can start with the settings.", ConfigRun.Check, shared, surroundings));
        config.Add(Part("print", "Print every setting, and where it comes from. Secrets are hidden.", ConfigRun.Print, shared, surroundings));
        return config;
    }

    private static DocumentedCommand Part(
        string name,
        string description,
        Func<IReadOnlyDictionary<string, string?>, string?, Screen, Surroundings, ExitCode> run,
        SharedOptions shared,
        Surroundings surroundings)
    {
        var file = ServeCommand.SettingsFile();
        var part = new DocumentedCommand(name, description) { Epilogue = Epilogue };
        part.Add(shared.Data);
        part.Add(file);
        HexagramCommandLine.SetAction(part, shared, surroundings, (parsed, screen) => Task.FromResult(
            run(new Dictionary<string, string?> { ["Data"] = parsed.GetValue(shared.Data) }, parsed.GetValue(file), screen, surroundings)));
        return part;
    }
}

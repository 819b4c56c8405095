using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Hexagram.Cli.Output;

namespace Hexagram.Cli.CommandLine;

/// <summary>The whole command line: what there is, and what is done about what cannot be understood.</summary>
internal static class HexagramCommandLine
{
    // A message may begin with @ or -; neither a file nor a bundle of letters is meant by it.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Name and version of this program.</summary>
    public static string Version { get; } =
        typeof(HexagramCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The tree of commands.</summary>
    public static Command Build(Surroundings surroundings)
    {
        var shared = new SharedOptions();
        var root = new DocumentedCommand("hexagram", "Instant messaging that does not lose a message, does not show one twice, and does not lie about either.")
        {
            Epilogue = """
                Examples:
                  hexagram serve                                      a server on this machine, its data in ./hexagram-data
                  hexagram receive --as bob                           bob's messages, as they come
                  hexagram send --as alice --to bob "你好" --trace     one message, with its six lines

                Exit codes:
                  0 success   1 failure   2 the command line cannot be understood; 'send' and 'receive' have more, see their help

                Messages are never lost between these commands, whatever is killed; docs/cli.md has the whole story.
                """,
        };
        root.Add(new HelpOption { Action = new HelpWithExamples(), Recursive = true, Description = "Show help and usage information." });
        root.Add(new Option<bool>("--version") { Description = "Show the version.", Action = new VersionAction() });
        root.Add(shared.Json);
        root.Add(ServeCommand.Build(shared, surroundings));
        root.Add(TokenCommand.Build(shared, surroundings));
        root.Add(SendCommand.Build(shared, surroundings));
        root.Add(ReceiveCommand.Build(shared, surroundings));
        return root;
    }

    /// <summary>Does what the words say. Never throws; what goes wrong is said on standard error.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, Surroundings surroundings)
    {
        // Asked of the words themselves, because the rest may not be understood.
        var screen = new Screen(surroundings, json: words.TakeWhile(word => word != "--").Contains("--json"));
        try
        {
            var parsed = Build(surroundings).Parse(words, Parsing);
            return parsed.Action is ParseErrorAction misunderstood
                ? Refuse(parsed, misunderstood, screen)
                : await parsed.InvokeAsync(new InvocationConfiguration
                {
                    Output = surroundings.Output,
                    Error = surroundings.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                });
        }
        catch (CommandFailure failure)
        {
            screen.Error(failure.Message);
            return (int)failure.ExitCode;
        }
        catch (IOException fault)
        {
            screen.Error(fault.Message);
            return (int)ExitCode.Failure;
        }
    }

    /// <summary>Gives <paramref name="command"/> a screen and turns its outcome into the process's exit code.</summary>
    public static void SetAction(Command command, SharedOptions shared, Surroundings surroundings, Func<ParseResult, Screen, Task<ExitCode>> run) =>
        command.SetAction(async (parsed, _) => (int)await run(parsed, new Screen(surroundings, parsed.GetValue(shared.Json))));

    private static int Refuse(ParseResult parsed, ParseErrorAction misunderstood, Screen screen)
    {
        misunderstood.ShowHelp = false;
        using var text = new StringWriter();
        parsed.Invoke(new InvocationConfiguration { Output = text, Error = text });
        var lines = text.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var path = string.Join(' ', parsed.CommandResult.Command.Parents.OfType<Command>().Reverse().Append(parsed.CommandResult.Command).Select(command => command.Name));
        screen.Error($"{string.Join(screen.IsJson ? " " : "\n", lines)}{(screen.IsJson ? " " : "\n")}See '{path} --help'.");
        return (int)ExitCode.Usage;
    }

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.Write($"hexagram {Version}\n");
            parseResult.InvocationConfiguration.Output.Flush();
            return (int)ExitCode.Success;
        }
    }
}

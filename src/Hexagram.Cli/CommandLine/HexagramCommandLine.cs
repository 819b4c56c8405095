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
    /// <param name="surroundings">What the commands will run in.</param>
    /// <param name="words">The command line that will be parsed.</param>
    public static Command Build(Surroundings surroundings, IReadOnlyList<string> words)
    {
        var shared = new SharedOptions();
        var root = new DocumentedCommand("hexagram", "Instant messaging that does not lose a message, does not show one twice, and does not lie about either.")
        {
            Epilogue = """
                Examples:
                  hexagram demo                                       one message, then many while things break, and the count
                  hexagram serve                                      a server on this machine, its data in ./hexagram-data
                  hexagram receive --as bob                           bob's messages, as they come
                  hexagram send --as alice --to bob "你好" --trace     one message, with its six lines
                  hexagram chat --as alice --to bob                   talk; each message says how it stands
                  hexagram inspect --mailbox bob                      devices, cursors, entries, also of a running server
                  hexagram backup --to /backups/today                 a verified copy, also of a running server; 'restore' takes it back
                  hexagram chaos                                      a server of its own, disturbed for a minute, and judged
                  hexagram bench pairs                                a server of its own, loaded, and what a message costs

                Exit codes:
                  0 success   1 failure   2 the command line cannot be understood; 'send' and 'receive' have more, see their help

                Messages are never lost between these commands, whatever is killed; docs/cli.md has the whole story.
                """,
        };
        root.Add(new HelpOption { Action = new HelpWithExamples(), Recursive = true, Description = "Show help and usage information." });
        root.Add(new Option<bool>("--version") { Description = "Show the version.", Action = new VersionAction() });
        root.Add(shared.Json);
        root.Add(DemoCommand.Build(shared, surroundings));
        root.Add(ServeCommand.Build(shared, surroundings));
        root.Add(TokenCommand.Build(shared, surroundings));
        root.Add(SendCommand.Build(shared, surroundings, isDelimited: words.Contains("--")));
        root.Add(ReceiveCommand.Build(shared, surroundings));
        root.Add(ChatCommand.Build(shared, surroundings));
        root.Add(ConfigCommand.Build(shared, surroundings));
        root.Add(InspectCommand.Build(shared, surroundings));
        root.Add(BackupCommand.Build(shared, surroundings));
        root.Add(BackupCommand.BuildRestore(shared, surroundings));
        root.Add(BenchCommand.Build(shared, surroundings));
        root.Add(BenchCommand.BuildFloor(surroundings));
        root.Add(ChaosCommand.Build(shared, surroundings));
        root.Add(ChaosCommand.BuildClients(surroundings));
        return root;
    }

    /// <summary>Does what the words say. Never throws; what goes wrong is said on standard error.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, Surroundings surroundings)
    {
        // Asked of the words themselves, because the rest may not be understood.
        var screen = new Screen(surroundings, json: words.TakeWhile(word => word != "--").Contains("--json"));
        try
        {
            var parsed = Build(surroundings, words).Parse(words, Parsing);
            if (parsed.Action is ParseErrorAction)
            {
                throw CommandFailure.Usage(string.Join(screen.IsJson ? ' ' : '\n', Misunderstanding.Explain(parsed)));
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
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
        catch (Exception defect)
        {
            screen.Error($"This is a defect in Hexagram; please report it. {defect}");
            return (int)ExitCode.Failure;
        }
    }

    /// <summary>Gives <paramref name="command"/> a screen and turns its outcome into the process's exit code.</summary>
    public static void SetAction(Command command, SharedOptions shared, Surroundings surroundings, Func<ParseResult, Screen, Task<ExitCode>> run) =>
        command.SetAction(async (parsed, _) => (int)await run(parsed, new Screen(surroundings, parsed.GetValue(shared.Json))));

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

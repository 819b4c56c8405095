using System.CommandLine;
using Hexagram.Cli.Serving;
using Hexagram.Floor;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram bench</c> and its scenarios.</summary>
internal static class BenchCommand
{
    /// <summary>The name of the command that <c>bench --floor</c> starts; people have no use for it.</summary>
    public const string FloorWord = "bench-floor";

    /// <summary>The command with a command for each scenario.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var command = new DocumentedCommand("bench", "Load a server, and say what a message costs it and how long it takes.")
        {
            Epilogue = """
                Each scenario starts a server of its own on a fresh folder, unless --server names one, and loads it from this process. A message counts when
                all its six lines are done; before the second one it was on the server's disk. Every run verifies that each message
                arrived once and in order.

                The server's processor time per message is the figure to compare: load and server share the machine. With --floor a relay that moves the
                same packets over the same transport, and does nothing else, is measured beside it.

                Examples:
                  hexagram bench pairs --floor
                  hexagram bench rate --rate 5000 --duration 30s
                  hexagram bench pairs --server 127.0.0.1:7000 --key hexagram-data/token.key --pid 4711 --json

                Exit codes:
                  0 measured, and every message arrived once and in order   1 anything else   2 usage
                """,
        };
        var scenarios = new BenchScenarios(shared, surroundings);
        command.Add(scenarios.Pairs("pairs", "Pairs of devices, each with so many messages under way: what a message costs, and how many there can be.", pairs: 500, window: 8));
        command.Add(scenarios.Pairs("single", "One device writes to one other: how many messages one connection can carry. 'pairs' with one pair.", pairs: 1, window: 64));
        command.Add(scenarios.FanIn());
        command.Add(scenarios.Rate());
        command.Add(scenarios.Offline());
        command.Add(scenarios.Reconnect());
        command.Add(scenarios.Idle());
        command.Add(scenarios.Startup());
        return command;
    }

    /// <summary>The command that runs the floor on behalf of <c>bench</c>.</summary>
    public static Command BuildFloor(Surroundings surroundings)
    {
        var command = new Command(FloorWord, "The floor of a measurement; started by 'hexagram bench --floor'.") { Hidden = true };
        command.SetAction((_, _) =>
        {
            // As 'serve' does.
            SocketNews.TakeWhereTheyArrive();
            return FloorServer.RunAsync(
                address =>
                {
                    surroundings.Output.Write($$"""{"tcp":"{{address}}"}""" + "\n");
                    surroundings.Output.Flush();
                },
                surroundings.Stop);
        });
        return command;
    }
}

using System.CommandLine;
using Hexagram.Chaos.Clients;
using Hexagram.Chaos.Faults;
using Hexagram.Cli.Disturbing;
using Hexagram.Processes;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram chaos</c>, and the command that its processes of clients run.</summary>
internal static class ChaosCommand
{
    /// <summary>The name of the command that <c>chaos</c> starts its clients with; people have no use for it.</summary>
    public const string ClientWord = "chaos-clients";

    private static readonly TimeSpan DurationDefault = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(7);

    /// <summary>The command with its options.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var duration = SharedOptions.Length("--duration", "How long there are messages and faults. [default: 60s]", DurationMax);
        var clients = SharedOptions.Number("--clients", "Devices that write to each other, 2 to 200. [default: 12]", 2, 200);
        var nodes = SharedOptions.Number("--nodes", "Processes of the server: 1 with its own store, or a cluster of 2 to 9 over PostgreSQL and Redis, which this starts itself and which must be installed. [default: 1]", 1, 9);
        var rate = SharedOptions.Number("--rate", "Messages per second of all of them together, 1 to 10000. [default: 200]", 1, 10_000);
        var seed = SharedOptions.Number("--seed", "Decides what strikes when, and who writes to whom. [default: chance]", 0, int.MaxValue);
        var transports = new Option<IReadOnlyList<Transport>?>("--transport")
        {
            HelpName = "NAME",
            Description = "How clients speak with the server: 'tcp', 'ws' (WebSocket, binary), 'ws-json', 'http' (long polling), or 'mixed': some like this, some like that. [default: mixed]",
            CustomParser = result => SharedOptions.Read(
                result,
                $"it should be 'mixed' or one of {string.Join(", ", Enum.GetValues<Transport>().Select(TransportNames.Name))}",
                ReadTransports),
        };
        var tls = new Option<bool>("--tls") { Description = "Encrypt what clients and server say, with a certificate that the run makes. Nobody can look into that, so lose-… cannot strike." };
        var report = new Option<string?>("--report") { HelpName = "FILE", Description = "Write the whole run to an HTML page." };
        var faults = new Option<IReadOnlyList<Fault>?>("--faults")
        {
            HelpName = "LIST",
            Description = "'none', or names with commas between them; see below. [default: all that can strike]",
            CustomParser = result => SharedOptions.Read(
                result,
                $"it should be 'none', or some of {string.Join(",", FaultNames.All)}",
                ReadFaults),
        };
        var command = new DocumentedCommand("chaos", "Kill, cut and delay a server and its clients while messages flow, and say whether a promise was broken.")
        {
            Epilogue = $"""
                It starts a server on a fresh folder, and processes of clients that write to each other through a proxy; both sides keep everything on disk.
                While the faults strike it notes what every client calls and is told. Afterwards everything has 2 minutes to arrive. Then it compares
                that with what the recipients' applications have, each effect committed in one transaction with the inbox, and with the server's disk.

                lost       sent, and nowhere any more           lies    told 'accepted' and not on the server's disk, or 'delivered' before
                doubled    one message, two effects                     the recipient had it; a message that nobody has sent
                reordered  after a later one of its sender      stuck   still waiting, late, or its sender never told, after the last fault

                Faults: {Wrapped(FaultNames.All)}
                isolate-node, cut-off-database, crash-database and crash-redis strike a cluster alone (--nodes 3). A node that the others declare dead ends itself, and is started again.
                burn-device destroys a sending device with its disk; lose-… loses one packet of that kind, and its connection with it; not with --tls.
                merge has nothing to strike over http, where nothing follows a request before its answer.

                Ctrl-C ends the faults; what has happened until then is judged. The same seed gives the same plan; real processes
                still run as they like. The folder (under $TMPDIR) is removed when nothing was found.

                Examples:
                  hexagram chaos
                  hexagram chaos --duration 30m --clients 16 --rate 600 --report chaos.html
                  hexagram chaos --nodes 3 --duration 5m
                  hexagram chaos --tls --transport ws
                  hexagram chaos --duration 10s --faults kill-server,lose-msg-a --seed 7 --json

                JSON: an object per fault, and the verdict as the last one
                  {JsonExamples}

                Exit codes:
                  0 lost = doubled = reordered = lies = stuck = 0, nothing else went wrong, and every chosen fault really struck
                  1 anything else   2 usage
                """,
        };
        command.Add(duration);
        command.Add(clients);
        command.Add(nodes);
        command.Add(rate);
        command.Add(transports);
        command.Add(tls);
        command.Add(faults);
        command.Add(seed);
        command.Add(report);
        HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) =>
        {
            var ways = parsed.GetValue(transports) ?? Enum.GetValues<Transport>();
            var withTls = parsed.GetValue(tls);
            var count = parsed.GetValue(nodes) ?? 1;
            var chosen = parsed.GetValue(faults) ?? FaultReach.Within(count, ways, withTls);
            if (chosen.Except(FaultNames.For(count)).ToList() is { Count: > 0 } impossible)
            {
                throw CommandFailure.Usage($"{string.Join(", ", impossible.Select(FaultNames.NameOf))} can strike a cluster alone: add --nodes 3.");
            }

            if (chosen.Where(fault => !fault.Reaches(ways, withTls)).ToList() is { Count: > 0 } outOfReach)
            {
                throw CommandFailure.Usage($"{string.Join(", ", outOfReach.Select(FaultNames.NameOf))} has nothing to strike over {string.Join(", ", ways.Select(TransportNames.Name))}{(withTls ? " with TLS" : "")}: leave it out, or choose {(outOfReach.Exists(fault => fault.Reaches(ways)) ? "no --tls" : "another --transport")}.");
            }

            return DisturbRun.RunAsync(
                new DisturbSettings(
                    parsed.GetValue(duration) ?? DurationDefault,
                    parsed.GetValue(clients) ?? 12,
                    count,
                    parsed.GetValue(rate) ?? 200,
                    ways,
                    withTls,
                    chosen,
                    parsed.GetValue(seed) ?? Random.Shared.Next(1_000_000),
                    parsed.GetValue(report)),
                screen,
                surroundings);
        });
        return command;
    }

    /// <summary>The command that runs clients on behalf of <c>chaos</c>.</summary>
    public static Command BuildClients(Surroundings surroundings)
    {
        var command = new Command(ClientWord, "Clients of a chaos run; started by 'hexagram chaos'.") { Hidden = true };
        command.SetAction((_, _) => ClientProgram.RunAsync(surroundings.OpenInput(), surroundings.Output));
        return command;
    }

    private static IReadOnlyList<Transport>? ReadTransports(string text) =>
        text == "mixed" ? Enum.GetValues<Transport>()
        : TransportNames.Find(text) is { } transport ? [transport]
        : null;

    private static IReadOnlyList<Fault>? ReadFaults(string text)
    {
        if (text == "none")
        {
            return [];
        }

        var chosen = new SortedSet<Fault>();
        foreach (var name in text.Split(','))
        {
            if (!FaultNames.TryParse(name.Trim(), out var fault))
            {
                return null;
            }

            chosen.Add(fault);
        }

        return [.. chosen];
    }

    private const string JsonExamples = """
        {"fault":"kill-server","from":3.21,"to":4.05,"struck":1,"what":"killed the server and started it again after 0.12 s"}
          {"passed":true,"sent":11873,"lost":0,"doubled":0,"reordered":0,"lies":0,"stuck":0,"delivered":11873,"effects":15790,…}
        """;

    /// <summary>Several lines of at most a terminal's width.</summary>
    private static string Wrapped(IEnumerable<string> names)
    {
        const int WidthMax = 110;
        const string Indent = "        ";
        var lines = new List<string> { "" };
        foreach (var name in names)
        {
            if (lines[^1].Length + name.Length > WidthMax)
            {
                lines.Add("");
            }

            lines[^1] += lines[^1].Length == 0 ? name : $" {name}";
        }

        return string.Join($"\n{Indent}", lines);
    }
}

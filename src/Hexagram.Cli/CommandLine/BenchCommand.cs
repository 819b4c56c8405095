using System.CommandLine;
using Hexagram.Bench.Load;
using System.Net;
using Hexagram.Bench.Runs;
using Hexagram.Cli.Measuring;
using Hexagram.Processes;
using Hexagram.Server.Authentication;

namespace Hexagram.Cli.CommandLine;

/// <summary><c>hexagram bench</c> and its scenarios.</summary>
internal static class BenchCommand
{
    private const int ConnectionsMax = 19_000;

    /// <summary>One session may send any number of packets per second: the load is asked for, and it is one machine's own.</summary>
    private static readonly Dictionary<string, string> ServerSettings = new()
    {
        ["HEXAGRAM__BOUNDS__PACKETSPERSECOND"] = "10000000",
        ["HEXAGRAM__BOUNDS__PACKETSBURST"] = "10000000",
    };

    /// <summary>The command with a command for each scenario.</summary>
    public static Command Build(SharedOptions shared, Surroundings surroundings)
    {
        var command = new DocumentedCommand("bench", "Load a server, and say what a message costs it and how long it takes.")
        {
            Epilogue = """
                Each scenario starts a server of its own on a fresh folder, unless --server names one, and loads it from this process. A message counts when
                all its six lines are done; before the second one it was on the server's disk. Every run verifies that each message
                arrived once and in order.

                The server's processor time per message is the figure to compare: load and server share the machine.

                Examples:
                  hexagram bench pairs
                  hexagram bench rate --rate 5000 --duration 30s
                  hexagram bench pairs --server 127.0.0.1:7000 --key hexagram-data/token.key --pid 4711 --json

                Exit codes:
                  0 measured, and every message arrived once and in order   1 anything else   2 usage
                """,
        };
        var scenarios = new BenchOptions(shared, surroundings);
        command.Add(scenarios.Traffic("pairs", "Pairs of devices, each with so many messages under way: what a message costs, and how many there can be.", pairs: 500, window: 8));
        command.Add(scenarios.Traffic("single", "One device writes to one other: how many messages one connection can carry. 'pairs' with one pair.", pairs: 1, window: 64));
        command.Add(scenarios.Rate());
        command.Add(scenarios.Startup());
        return command;
    }

    /// <summary>The options of the scenarios, and how settings are made of them.</summary>
    private sealed class BenchOptions(SharedOptions shared, Surroundings surroundings)
    {
        private readonly Option<TimeSpan?> _duration = SharedOptions.Length("--duration", "How long is measured. [default: 10s]", TimeSpan.FromDays(1));
        private readonly Option<TimeSpan?> _warmUp = SharedOptions.Length("--warm-up", "How long it goes on before it is measured. [default: 5s]", TimeSpan.FromDays(1));
        private readonly Option<int?> _body = SharedOptions.Number("--body", "Bytes of a message's text, 16 or more. [default: 100]", BenchSettings.BodyBytesMin, 1 << 20);
        private readonly Option<int?> _repeat = SharedOptions.Number("--repeat", "Do it so often; results are medians. [default: 1]", 1, 1_000);
        private readonly Option<Uri?> _server = SharedOptions.ServerAt("Load this server, as HOST:PORT or tcp://HOST:PORT. [default: one of its own]");
        private readonly Option<string?> _key = new("--key") { HelpName = "FILE", Description = "With --server: the key of that server, to make tokens with." };
        private readonly Option<int?> _pid = SharedOptions.Number("--pid", "With --server: the number of its process on this machine, to measure what it costs.", 1, int.MaxValue);

        private readonly Option<LoadClient?> _client = new("--client")
        {
            HelpName = "KIND",
            Description = "'wire': bare connections, which cost next to nothing. 'sdk': the client for .NET with stores in memory; 'sdk-durable': with durable ones. [default: wire]",
            CustomParser = result => SharedOptions.Read(
                result,
                $"it should be one of {string.Join(", ", Enum.GetValues<LoadClient>().Select(BenchWords.NameOf))}",
                text => Enum.GetValues<LoadClient>().Cast<LoadClient?>().FirstOrDefault(client => BenchWords.NameOf(client!.Value) == text)),
        };

        public Command Traffic(string name, string description, int pairs, int window)
        {
            var ofPairs = SharedOptions.Number("--pairs", $"Pairs of a sender and a recipient. [default: {pairs}]", 1, ConnectionsMax / 2);
            var ofWindow = SharedOptions.Number("--window", $"Messages that each sender keeps under way. [default: {window}]", 1, 10_000);
            return Scenario(name, description, [ofPairs, ofWindow, .. Loading], parsed => Loaded(name, parsed) with
            {
                Senders = parsed.GetValue(ofPairs) ?? pairs,
                Recipients = parsed.GetValue(ofPairs) ?? pairs,
                Pace = new Pace(parsed.GetValue(ofWindow) ?? window, null),
            });
        }

        public Command Rate()
        {
            var ofPairs = SharedOptions.Number("--pairs", "Pairs of a sender and a recipient. [default: 100]", 1, ConnectionsMax / 2);
            var ofRate = SharedOptions.Number("--rate", "Messages per second of all of them together. [default: 2000]", 1, 10_000_000);
            return Scenario("rate", "So many messages per second, whatever becomes of them: how long a message takes from when it should have left.", [ofPairs, ofRate, .. Loading], parsed => Loaded("rate", parsed) with
            {
                Senders = parsed.GetValue(ofPairs) ?? 100,
                Recipients = parsed.GetValue(ofPairs) ?? 100,
                Pace = new Pace(0, parsed.GetValue(ofRate) ?? 2_000),
            });
        }

        public Command Startup() => Scenario("startup", "How long a server takes from the start of its process until it is ready.", [_repeat], parsed => Settings("startup", Bench.Runs.Scenario.Startup) with
        {
            Repeat = parsed.GetValue(_repeat) ?? 5,
            Client = LoadClient.Sdk,
        });

        /// <summary>The options of every scenario in which messages flow.</summary>
        private Option[] Loading => [_duration, _warmUp, _body, _client, _repeat, _server, _key, _pid];

        private Command Scenario(string name, string description, IEnumerable<Option> options, Func<ParseResult, BenchSettings> read)
        {
            var command = new Command(name, description);
            foreach (var option in options)
            {
                command.Add(option);
            }

            HexagramCommandLine.SetAction(command, shared, surroundings, (parsed, screen) => MeasureRun.RunAsync(read(parsed), screen, surroundings));
            return command;
        }

        private BenchSettings Loaded(string name, ParseResult parsed) => Settings(name, Bench.Runs.Scenario.Traffic) with
        {
            Client = parsed.GetValue(_client) ?? LoadClient.Wire,
            BodyBytes = parsed.GetValue(_body) ?? 100,
            Duration = parsed.GetValue(_duration) ?? TimeSpan.FromSeconds(10),
            WarmUp = parsed.GetValue(_warmUp) ?? TimeSpan.FromSeconds(5),
            Repeat = parsed.GetValue(_repeat) ?? 1,
            Server = Given(parsed),
        };

        private BenchSettings Settings(string name, Scenario scenario) => new()
        {
            Name = name,
            Scenario = scenario,
            Program = new HexagramProgram
            {
                FileName = OwnProgram.FileName,
                FirstWords = OwnProgram.FirstWords,
                Environment = ServerSettings,
                ServerWords = OwnProgram.ServerWords,
                IssueToken = (data, user) => OwnProgram.IssueToken(data, user, surroundings.Time),
                OpenStore = data => OwnProgram.OpenStore(data, surroundings.Time),
            },
        };

        private GivenServer? Given(ParseResult parsed)
        {
            if (parsed.GetValue(_server) is not { } server)
            {
                return null;
            }

            var file = parsed.GetValue(_key) ?? throw CommandFailure.Usage("--server needs the key of that server: --key FILE. It is 'token.key' in the server's data folder.");
            try
            {
                var key = SigningKey.Open(file);
                var address = Dns.GetHostAddresses(server.Host)[0];
                return new GivenServer(new IPEndPoint(address, server.Port), user => OwnProgram.IssueToken(key, user, surroundings.Time), parsed.GetValue(_pid));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or System.Net.Sockets.SocketException)
            {
                throw new CommandFailure($"The server cannot be used: {fault.Message}", cause: fault);
            }
        }
    }
}

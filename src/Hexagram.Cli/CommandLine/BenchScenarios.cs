using System.CommandLine;
using System.Net;
using Hexagram.Bench.Load;
using Hexagram.Bench.Runs;
using Hexagram.Cli.Measuring;
using Hexagram.Processes;
using Hexagram.Server.Authentication;

namespace Hexagram.Cli.CommandLine;

/// <summary>The scenarios of <c>hexagram bench</c>: a command each, with the options that mean something there.</summary>
internal sealed class BenchScenarios(SharedOptions shared, Surroundings surroundings)
{
    /// <summary>A process may have 20,000 open files on many machines.</summary>
    private const int ConnectionsMax = 19_000;

    private const int BacklogSenders = 100;

    private static readonly TimeSpan LengthMax = TimeSpan.FromDays(1);

    /// <summary>One session may send any number of packets per second: the load is asked for, and it is one machine's own.</summary>
    private static readonly Dictionary<string, string> ServerSettings = new()
    {
        ["HEXAGRAM__BOUNDS__PACKETSPERSECOND"] = "10000000",
        ["HEXAGRAM__BOUNDS__PACKETSBURST"] = "10000000",
    };

    private readonly Option<TimeSpan?> _duration = SharedOptions.Length("--duration", "How long is measured. [default: 10s]", LengthMax);
    private readonly Option<TimeSpan?> _warmUp = SharedOptions.Length("--warm-up", "How long it goes on before it is measured. [default: 5s]", LengthMax);
    private readonly Option<TimeSpan?> _settle = SharedOptions.Length("--settle", "How long nothing happens before memory is read. [default: 5s]", LengthMax);
    private readonly Option<int?> _body = SharedOptions.Number("--body", $"Bytes of a message's text, {BenchSettings.BodyBytesMin} or more. [default: 100]", BenchSettings.BodyBytesMin, 1 << 20);
    private readonly Option<int?> _repeat = SharedOptions.Number("--repeat", "Do it so often; results are medians. [default: 1]", 1, 1_000);
    private readonly Option<bool> _floor = new("--floor") { Description = "Do the same to the floor, and say how much more the server takes." };
    private readonly Option<bool> _tls = new("--tls") { Description = "Do the same over TLS, with a certificate of its own, and say how much more that takes. With --client sdk or sdk-durable." };
    private readonly Option<bool> _syscalls = new("--syscalls") { Description = "Count the server's calls of the system, with 'perf'. It costs the server a little." };
    private readonly Option<int?> _mailboxes = SharedOptions.Number("--mailboxes", "Mailboxes that its own server holds before it starts. [default: 0]", 1, 100_000_000);
    private readonly Option<int?> _entries = SharedOptions.Number("--entries", "Entries that those mailboxes hold together. [default: one each]", 1, 1_000_000_000);
    private readonly Option<Uri?> _server = SharedOptions.ServerAt("Load this server, as HOST:PORT, tcp://HOST:PORT or ws://HOST:PORT. [default: one of its own]");
    private readonly Option<Uri?> _recipientsAt = new("--recipients-at")
    {
        HelpName = "HOST:PORT",
        Description = "With --server: the recipients connect here instead, at another node of the same cluster.",
        CustomParser = result => SharedOptions.Read(result, "it should look like 127.0.0.1:7000", text => Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out var place) ? place : null),
    };
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

    /// <summary>The load speaks on connections that last.</summary>
    private static readonly Transport[] LoadTransports = [.. Enum.GetValues<Transport>().Where(transport => transport != Transport.Polling)];

    private readonly Option<Transport?> _transport = new("--transport")
    {
        HelpName = "NAME",
        Description = "How the load speaks with the server: 'tcp', 'ws' (WebSocket, binary) or 'ws-json'. [default: tcp]",
        CustomParser = result => SharedOptions.Read(
            result,
            $"it should be one of {string.Join(", ", LoadTransports.Select(TransportNames.Name))}",
            text => TransportNames.Find(text) is { } transport && LoadTransports.Contains(transport) ? (Transport?)transport : null),
    };

    /// <summary>The options of every scenario that loads a server.</summary>
    private Option[] Loading => [_transport, _repeat, _syscalls, _server, _recipientsAt, _key, _pid];

    /// <summary>The options of every scenario in which messages flow for a time.</summary>
    private Option[] Flowing => [_duration, _warmUp, _body, _client, _floor, _tls, _mailboxes, _entries, .. Loading];

    /// <summary><c>pairs</c>, and what is the same with other numbers.</summary>
    public Command Pairs(string name, string description, int pairs, int window)
    {
        var ofPairs = PairsOption(pairs);
        var ofWindow = WindowOption(window);
        return Scenario(name, description, [ofPairs, ofWindow, .. Flowing], parsed =>
            Traffic(name, parsed, parsed.GetValue(ofPairs) ?? pairs, parsed.GetValue(ofPairs) ?? pairs, new Pace(parsed.GetValue(ofWindow) ?? window, null)));
    }

    /// <summary><c>rate</c>.</summary>
    public Command Rate()
    {
        const int Pairs = 100;
        const int PerSecond = 2_000;
        var ofPairs = PairsOption(Pairs);
        var ofRate = SharedOptions.Number("--rate", $"Messages per second of all of them together. [default: {PerSecond}]", 1, 10_000_000);
        return Scenario("rate", "So many messages per second, whatever becomes of them: how long a message takes from when it should have left.", [ofPairs, ofRate, .. Flowing], parsed =>
            Traffic("rate", parsed, parsed.GetValue(ofPairs) ?? Pairs, parsed.GetValue(ofPairs) ?? Pairs, new Pace(0, parsed.GetValue(ofRate) ?? PerSecond)));
    }

    /// <summary><c>fanin</c>.</summary>
    public Command FanIn()
    {
        const int Senders = 500;
        const int Window = 8;
        var ofSenders = SharedOptions.Number("--senders", $"Devices that write to the same one. [default: {Senders}]", 1, ConnectionsMax);
        var ofWindow = WindowOption(Window);
        return Scenario("fanin", "Many devices write to a single one: how many messages one mailbox can take.", [ofSenders, ofWindow, .. Flowing], parsed =>
            Traffic("fanin", parsed, parsed.GetValue(ofSenders) ?? Senders, 1, new Pace(parsed.GetValue(ofWindow) ?? Window, null)));
    }

    /// <summary><c>offline</c>.</summary>
    public Command Offline()
    {
        const int Users = 1_000;
        const int Messages = 1_000_000;
        var ofUsers = SharedOptions.Number("--users", $"Users who are away. [default: {Users}]", 1, ConnectionsMax - BacklogSenders);
        var ofMessages = SharedOptions.Number("--messages", $"Messages for all of them together. [default: {Messages}]", 1, 100_000_000);
        return Backlog("offline", "Messages are stored for users who are away, and then drained: how many per second of both.", ofUsers, ofMessages, parsed =>
        {
            var users = parsed.GetValue(ofUsers) ?? Users;
            return (users, Math.Max(1, (parsed.GetValue(ofMessages) ?? Messages) / users));
        });
    }

    /// <summary><c>reconnect</c>.</summary>
    public Command Reconnect()
    {
        const int Devices = 10_000;
        const int Waiting = 10;
        var ofDevices = SharedOptions.Number("--devices", $"Devices that come back. [default: {Devices}]", 1, ConnectionsMax - BacklogSenders);
        var ofMessages = SharedOptions.Number("--messages", $"Messages that wait for each. [default: {Waiting}]", 1, 10_000);
        return Backlog("reconnect", "Devices come back at the same moment, with messages waiting for each: how long until all have all.", ofDevices, ofMessages, parsed =>
            (parsed.GetValue(ofDevices) ?? Devices, parsed.GetValue(ofMessages) ?? Waiting));
    }

    /// <summary><c>idle</c>.</summary>
    public Command Idle()
    {
        const int Connections = 5_000;
        var ofConnections = SharedOptions.Number("--connections", $"Connections on which nothing happens. [default: {Connections}]", 1, ConnectionsMax);
        return Scenario("idle", "Devices are connected and nothing happens: how much memory each takes of the server.", [ofConnections, _settle, _floor, .. Loading], parsed =>
            Settings("idle", Bench.Runs.Scenario.Idle, parsed) with
            {
                Recipients = parsed.GetValue(ofConnections) ?? Connections,
                WarmUp = parsed.GetValue(_settle) ?? TimeSpan.FromSeconds(5),
            });
    }

    /// <summary><c>startup</c>.</summary>
    public Command Startup() => Scenario("startup", "How long a server takes from the start of its process until it is ready.", [_repeat], parsed =>
        Settings("startup", Bench.Runs.Scenario.Startup, parsed) with { Repeat = parsed.GetValue(_repeat) ?? 5, Client = LoadClient.Sdk });

    private static Option<int?> PairsOption(int pairs) => SharedOptions.Number("--pairs", $"Pairs of a sender and a recipient. [default: {pairs}]", 1, ConnectionsMax / 2);

    private static Option<int?> WindowOption(int window) => SharedOptions.Number("--window", $"Messages that each sender keeps under way. [default: {window}]", 1, 10_000);

    private Command Backlog(string name, string description, Option<int?> users, Option<int?> messages, Func<ParseResult, (int Users, int Each)> read)
    {
        const int Window = 64;
        var ofWindow = WindowOption(Window);
        return Scenario(name, description, [users, messages, ofWindow, _body, .. Loading], parsed =>
        {
            var (away, each) = read(parsed);
            return Settings(name, Bench.Runs.Scenario.Backlog, parsed) with
            {
                Streams = away,
                Senders = Math.Min(BacklogSenders, away),
                Recipients = away,
                MessagesPerStream = each,
                Pace = new Pace(parsed.GetValue(ofWindow) ?? Window, null),
                BodyBytes = parsed.GetValue(_body) ?? 100,
            };
        });
    }

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

    private BenchSettings Traffic(string name, ParseResult parsed, int senders, int recipients, Pace pace) => Settings(name, Bench.Runs.Scenario.Traffic, parsed) with
    {
        Streams = senders,
        Senders = senders,
        Recipients = recipients,
        Pace = pace,
        Client = parsed.GetValue(_client) ?? LoadClient.Wire,
        WithTls = IsWithTls(parsed),
        BodyBytes = parsed.GetValue(_body) ?? 100,
        Duration = parsed.GetValue(_duration) ?? TimeSpan.FromSeconds(10),
        WarmUp = parsed.GetValue(_warmUp) ?? TimeSpan.FromSeconds(5),
        Mailboxes = parsed.GetValue(_mailboxes) ?? parsed.GetValue(_entries) ?? 0,
        Entries = parsed.GetValue(_entries) ?? 0,
    };

    private BenchSettings Settings(string name, Scenario scenario, ParseResult parsed) => new()
    {
        Name = name,
        Scenario = scenario,
        Transport = TransportOf(parsed),
        Repeat = parsed.GetValue(_repeat) ?? 1,
        CountSyscalls = parsed.GetValue(_syscalls),
        FloorWords = parsed.GetValue(_floor) ? [BenchCommand.FloorWord] : null,
        Server = Given(parsed),
        Program = new HexagramProgram
        {
            FileName = OwnProgram.FileName,
            FirstWords = OwnProgram.FirstWords,
            Environment = ServerSettings,
            ServerWords = OwnProgram.ServerWords(forWebSockets: TransportOf(parsed) != Transport.Tcp),
            IssueToken = (data, user) => OwnProgram.IssueToken(data, user, surroundings.Time),
            OpenStore = data => OwnProgram.OpenStoreAsync(data, surroundings),
        },
    };

    private bool IsWithTls(ParseResult parsed) =>
        !parsed.GetValue(_tls) ? false
        : parsed.GetValue(_server) is not null ? throw CommandFailure.Usage("--tls measures servers of its own: leave out --server.")
        : (parsed.GetValue(_client) ?? LoadClient.Wire) == LoadClient.Wire ? throw CommandFailure.Usage("The bare connections do not encrypt: add --client sdk.")
        : true;

    private Transport TransportOf(ParseResult parsed)
    {
        var transport = parsed.GetValue(_transport);
        switch (parsed.GetValue(_server)?.Scheme)
        {
            case "http" or "https":
                throw CommandFailure.Usage("A load does not poll: name the server with tcp:// or ws://.");
            case "tcps" or "wss":
                throw CommandFailure.Usage("A server that is named is loaded without TLS: name it with tcp:// or ws://. '--client sdk --tls' compares servers of its own.");
            case "ws":
                return transport is Transport.WebSocketJson ? Transport.WebSocketJson : Transport.WebSocket;
            case "tcp" when transport is not null and not Transport.Tcp:
                throw CommandFailure.Usage("--transport names WebSocket, and --server a tcp:// address. Name where the server listens for HTTP, as ws://HOST:PORT.");
        }

        return parsed.GetValue(_floor) && transport is not null and not Transport.Tcp
            ? throw CommandFailure.Usage("The floor speaks tcp alone: leave out --floor or --transport.")
            : transport ?? Transport.Tcp;
    }

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
            return new GivenServer(new IPEndPoint(address, server.Port), user => OwnProgram.IssueToken(key, user, surroundings.Time), parsed.GetValue(_pid))
            {
                RecipientsAt = parsed.GetValue(_recipientsAt) is { } other ? new IPEndPoint(Dns.GetHostAddresses(other.Host)[0], other.Port) : null,
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or System.Net.Sockets.SocketException)
        {
            throw new CommandFailure($"The server cannot be used: {fault.Message}", cause: fault);
        }
    }
}

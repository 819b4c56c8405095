using System.Net;
using Hexagram.Bench.Load;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Bench.Runs;

/// <summary>What is done to the server.</summary>
public enum Scenario
{
    /// <summary>Devices send, others receive; what is sent is measured until all six lines are done.</summary>
    Traffic,

    /// <summary>Messages are stored for users who are away; then all of them come back at once and take what waits.</summary>
    Backlog,

    /// <summary>Devices are connected and nothing happens.</summary>
    Idle,

    /// <summary>A server starts.</summary>
    Startup,
}

/// <summary>What the load is made of.</summary>
public enum LoadClient
{
    /// <summary>Bare connections that speak the protocol: the cheapest, for what the server costs. Linux.</summary>
    Wire,

    /// <summary><see cref="Client.HexagramClient"/> with stores in memory.</summary>
    Sdk,

    /// <summary><see cref="Client.HexagramClient"/> with durable stores.</summary>
    SdkDurable,
}

/// <summary>A server that runs already.</summary>
/// <param name="Address">Where it listens for the transport of the run.</param>
/// <param name="IssueToken">Proves to it who a client is.</param>
/// <param name="Process">The number of its process on this machine, to measure what it costs; null when it is not known.</param>
public sealed record GivenServer(IPEndPoint Address, Func<UserId, string> IssueToken, int? Process)
{
    /// <summary>Where recipients connect, if at another node of it; null: where senders do.</summary>
    public IPEndPoint? RecipientsAt { get; init; }
}

/// <summary>What a run of measurements is asked for.</summary>
public sealed record BenchSettings
{
    /// <summary>The smallest body: it holds two numbers.</summary>
    public const int BodyBytesMin = NumberedBody.BytesMin;

    /// <summary>What is done.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>What it is called in results.</summary>
    public required string Name { get; init; }

    /// <summary>The clients.</summary>
    public LoadClient Client { get; init; } = LoadClient.Wire;

    /// <summary>How they speak with the server.</summary>
    public Transport Transport { get; init; } = Transport.Tcp;

    /// <summary>Streams of messages, each from one device to one user. As many as senders or more.</summary>
    public int Streams { get; init; } = 500;

    /// <summary>Devices that send: stream n is of sender n modulo this. 1 or more.</summary>
    public int Senders { get; init; } = 500;

    /// <summary>Devices that receive: stream n goes to recipient n modulo this. 1 or more.</summary>
    public int Recipients { get; init; } = 500;

    /// <summary>How messages leave.</summary>
    public Pace Pace { get; init; } = new(8, null);

    /// <summary>The size of a body. <see cref="BodyBytesMin"/> or more.</summary>
    public int BodyBytes { get; init; } = 100;

    /// <summary>How long it goes on before it is measured, so that code is compiled and caches are filled.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long is measured. More than zero.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For <see cref="Scenario.Backlog"/>: how many messages wait in each stream. 1 or more.</summary>
    public int MessagesPerStream { get; init; } = 10;

    /// <summary>Mailboxes that the server of the run's own has before it starts.</summary>
    public int Mailboxes { get; init; }

    /// <summary>Entries that those hold together. As many as mailboxes or more.</summary>
    public int Entries { get; init; }

    /// <summary>Whether calls of the system are counted, which costs the server a little.</summary>
    public bool CountSyscalls { get; init; }

    /// <summary>What makes the program the floor: all of it is done to that, too. Null for no such thing.</summary>
    public IReadOnlyList<string>? FloorWords { get; init; }

    /// <summary>Whether all of it is done to a server that speaks TLS, too. With clients of the product alone, and a server of the run's own.</summary>
    public bool WithTls { get; init; }

    /// <summary>How often all of it is done. 1 or more.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>The server to load; null for one of the run's own.</summary>
    public GivenServer? Server { get; init; }

    /// <summary>The program to start servers with.</summary>
    public required HexagramProgram Program { get; init; }
}

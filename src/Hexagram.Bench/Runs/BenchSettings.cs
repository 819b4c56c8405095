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
/// <param name="Address">Where it listens.</param>
/// <param name="IssueToken">Proves to it who a client is.</param>
/// <param name="Process">The number of its process on this machine, to measure what it costs; null when it is not known.</param>
public sealed record GivenServer(IPEndPoint Address, Func<UserId, string> IssueToken, int? Process);

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

    /// <summary>Devices that send, each one stream. 1 or more.</summary>
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

    /// <summary>How often all of it is done. 1 or more.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>The server to load; null for one of the run's own.</summary>
    public GivenServer? Server { get; init; }

    /// <summary>The program to start servers with.</summary>
    public required HexagramProgram Program { get; init; }
}

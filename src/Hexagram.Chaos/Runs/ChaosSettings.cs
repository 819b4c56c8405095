using Hexagram.Chaos.Faults;
using Hexagram.Processes;

namespace Hexagram.Chaos.Runs;

/// <summary>What a chaos run is asked for.</summary>
public sealed record ChaosSettings
{
    /// <summary>How long there are messages and faults. More than zero. What comes after that, until everything has arrived, is not counted.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Devices that send and receive. 2 to 200.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>Processes of the server: 1 with its own store, or 2 to 9 nodes over PostgreSQL and Redis, which the run starts itself.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>Messages per second of all of them together. 1 to 10 000.</summary>
    public int Rate { get; init; } = 200;

    /// <summary>How clients speak with the server: one process of them like this, the next like that. One or more.</summary>
    public IReadOnlyList<Transport> Transports { get; init; } = [Transport.Tcp];

    /// <summary>Whether what clients and server say is encrypted, with a certificate that the run makes.</summary>
    public bool WithTls { get; init; }

    /// <summary>The faults that are to strike.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = FaultNames.For(nodes: 1);

    /// <summary>Of the order of the faults, their lengths, and who writes to whom. (Real processes run as they like: the same seed gives the same plan, not the same run.)</summary>
    public int Seed { get; init; }

    /// <summary>How long after the last fault, or after its sending, a message may take before it is called stuck.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>An empty folder for the server's data, the clients' and the server's log.</summary>
    public required string Folder { get; init; }

    /// <summary>What o'clock it is, for the report.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What the run cannot make by itself.</summary>
    public required ChaosProgram Program { get; init; }
}

/// <summary>The program under test, as the run starts it and looks into what it left: the store is the witness of what is on the disk.</summary>
public sealed record ChaosProgram : HexagramProgram
{
    /// <summary>The words that make it run <see cref="Clients.ClientProgram"/>.</summary>
    public required IReadOnlyList<string> ClientWords { get; init; }
}

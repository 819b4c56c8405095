using Hexagram.Chaos.Faults;
using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Chaos.Runs;

/// <summary>What a chaos run is asked for.</summary>
public sealed record ChaosSettings
{
    /// <summary>How long there are messages and faults. More than zero. What comes after that, until everything has arrived, is not counted.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Devices that send and receive. 2 to 200.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>Messages per second of all of them together. 1 to 10 000.</summary>
    public int Rate { get; init; } = 200;

    /// <summary>The faults that are to strike.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [.. Enum.GetValues<Fault>()];

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

/// <summary>The program under test, as the run starts it and looks into what it left.</summary>
public sealed record ChaosProgram
{
    /// <summary>The executable.</summary>
    public required string FileName { get; init; }

    /// <summary>The first words of each command line, such as the program's assembly for <c>dotnet</c>.</summary>
    public IReadOnlyList<string> FirstWords { get; init; } = [];

    /// <summary>The words that make it a server on this data folder, which prints one JSON line with its <c>tcp</c> address when it is ready.</summary>
    public required Func<string, IReadOnlyList<string>> ServerWords { get; init; }

    /// <summary>The words that make it run <see cref="Clients.ClientProgram"/>.</summary>
    public required IReadOnlyList<string> ClientWords { get; init; }

    /// <summary>Makes a token for a user of the server on this data folder.</summary>
    public required Func<string, UserId, string> IssueToken { get; init; }

    /// <summary>Opens the store in this data folder, when no server runs on it: the witness of what is on the disk.</summary>
    public required Func<string, IMailboxStore> OpenStore { get; init; }
}

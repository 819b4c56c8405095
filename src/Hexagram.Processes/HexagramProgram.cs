using Hexagram.Protocol;
using Hexagram.Storage;

namespace Hexagram.Processes;

/// <summary>The program under test, as somebody else's process starts it and looks into what it keeps.</summary>
public record HexagramProgram
{
    /// <summary>The executable.</summary>
    public required string FileName { get; init; }

    /// <summary>The first words of each command line, such as the program's assembly for <c>dotnet</c>.</summary>
    public IReadOnlyList<string> FirstWords { get; init; } = [];

    /// <summary>What is set in the environment of its processes, beside what they inherit.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The words that make it a server on this data folder, which prints one JSON line with its <c>tcp</c> address when it is ready.</summary>
    public required Func<string, IReadOnlyList<string>> ServerWords { get; init; }

    /// <summary>Makes a token for a user of the server on this data folder.</summary>
    public required Func<string, UserId, string> IssueToken { get; init; }

    /// <summary>Opens the store in this data folder, when no server runs on it.</summary>
    public required Func<string, Task<IMailboxStore>> OpenStore { get; init; }
}

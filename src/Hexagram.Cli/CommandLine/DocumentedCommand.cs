using System.CommandLine;

namespace Hexagram.Cli.CommandLine;

/// <summary>A command whose help goes on after the options: with examples and exit codes.</summary>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    /// <summary>What <c>--help</c> prints last.</summary>
    public required string Epilogue { get; init; }
}

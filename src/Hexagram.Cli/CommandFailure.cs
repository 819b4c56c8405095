namespace Hexagram.Cli;

/// <summary>A command cannot go on. The message says what happened, to what, and what to do next; it is all that a person gets to see.</summary>
internal sealed class CommandFailure : Exception
{
    public CommandFailure(string message, ExitCode exitCode = ExitCode.Failure, Exception? cause = null)
        : base(message, cause) => ExitCode = exitCode;

    /// <summary>What the process ends with.</summary>
    public ExitCode ExitCode { get; }

    /// <summary>The command line or the configuration cannot be meant.</summary>
    public static CommandFailure Usage(string message) => new(message, ExitCode.Usage);
}

using System.Text;
using Hexagram.Cli.Output;

namespace Hexagram.Cli;

/// <summary>What a command touches of its process, so that tests can give it something else.</summary>
internal sealed record Surroundings
{
    /// <summary>Standard input.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Standard output; throws when it has gone.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether standard output is a terminal.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Whether standard input is a terminal, with somebody who types.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>All environment variables.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>The clock and the timers.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Cancelled when somebody asks the process to end.</summary>
    public required CancellationToken Stop { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    /// <summary>The process as it is.</summary>
    public static Surroundings OfProcess(CancellationToken stop) => new()
    {
        OpenInput = Console.OpenStandardInput,
        Output = new StreamWriter(StandardOutput.Open(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)),
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        InputIsTerminal = !Console.IsInputRedirected,
        Variables = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? ""),
        Time = TimeProvider.System,
        Stop = stop,
    };
}

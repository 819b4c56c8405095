using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Hexagram.Cli.CommandLine;

/// <summary>The library's help, of one width everywhere so that it can stand in a document, followed by the command's own words.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const int Width = 110;

    private readonly HelpAction _help = new() { MaxWidth = Width };

    /// <summary>Whoever asks for help may have made mistakes.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // The library ends lines as the system does and leaves blanks at their ends.
        var configuration = parseResult.InvocationConfiguration;
        using var text = new StringWriter();
        var output = configuration.Output;
        configuration.Output = text;
        _help.Invoke(parseResult);
        configuration.Output = output;

        var lines = text.ToString().Split('\n').Select(line => line.TrimEnd());
        output.Write(string.Join('\n', lines).TrimEnd('\n') + "\n");
        if (parseResult.CommandResult.Command is DocumentedCommand documented)
        {
            output.Write("\n" + documented.Epilogue.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        }

        output.Flush();
        return (int)ExitCode.Success;
    }
}

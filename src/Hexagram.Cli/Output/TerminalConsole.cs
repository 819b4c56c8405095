using System.Text;
using Spectre.Console;

namespace Hexagram.Cli.Output;

/// <summary>Spectre's console over a writer of ours, so that what is drawn and what is printed share one stream and its errors.</summary>
internal static class TerminalConsole
{
    private const int WidthUnknown = 100;
    private const int HeightUnknown = 25;

    /// <summary>A console to draw on; the environment (<c>NO_COLOR</c>, <c>TERM</c>) may still take the colours away.</summary>
    public static IAnsiConsole Open(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new Terminal(writer), Interactive = InteractionSupport.No });

    /// <summary>The same for lines of text, which the terminal may wrap and this program must not: what is copied from there should be whole.</summary>
    public static IAnsiConsole OpenForLines(TextWriter writer)
    {
        var console = Open(writer);
        console.Profile.Width = int.MaxValue / 2;
        return console;
    }

    private sealed class Terminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => !Console.IsOutputRedirected && Console.BufferWidth > 0 ? Console.BufferWidth : WidthUnknown;

        public int Height => !Console.IsOutputRedirected && Console.WindowHeight > 0 ? Console.WindowHeight : HeightUnknown;

        public void SetEncoding(Encoding encoding)
        {
            // The writer's encoding is fixed: UTF-8.
        }
    }
}

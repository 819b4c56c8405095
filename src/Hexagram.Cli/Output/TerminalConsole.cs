using System.Text;
using Spectre.Console;

namespace Hexagram.Cli.Output;

/// <summary>Spectre's console over a writer of ours, so that what is drawn and what is printed share one stream and its errors.</summary>
internal static class TerminalConsole
{
    private const int WidthWithoutTerminal = 100;

    /// <summary>A console on a terminal; the environment (<c>NO_COLOR</c>, <c>TERM</c>) may still take the colours away.</summary>
    public static IAnsiConsole Open(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new Terminal(writer), Interactive = InteractionSupport.No });

    private sealed class Terminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => Console.IsOutputRedirected ? WidthWithoutTerminal : Math.Max(20, Console.BufferWidth);

        public int Height => Console.IsOutputRedirected ? 25 : Math.Max(5, Console.WindowHeight);

        public void SetEncoding(Encoding encoding)
        {
            // The writer's encoding is fixed: UTF-8.
        }
    }
}

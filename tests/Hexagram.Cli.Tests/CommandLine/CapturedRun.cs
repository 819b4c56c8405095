using System.Text;
using Hexagram.Cli.CommandLine;
using Microsoft.Extensions.Time.Testing;

namespace Hexagram.Cli.Tests.CommandLine;

/// <summary>A run of the command line in this process, with what it printed.</summary>
internal sealed class CapturedRun
{
    private CapturedRun(int code, string output, string error)
    {
        Code = (ExitCode)code;
        Output = output;
        Error = error;
    }

    public ExitCode Code { get; }

    public string Output { get; }

    public string Error { get; }

    /// <summary>Runs the words with an empty environment and an empty standard input.</summary>
    public static Task<CapturedRun> Of(params string[] words) => Of(new Dictionary<string, string>(), words);

    /// <summary>Runs the words with this environment.</summary>
    public static async Task<CapturedRun> Of(IReadOnlyDictionary<string, string> variables, params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await HexagramCommandLine.RunAsync(words, Surroundings(output, error, variables));
        return new CapturedRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Surroundings that touch nothing of this process.</summary>
    public static Surroundings Surroundings(TextWriter output, TextWriter error, IReadOnlyDictionary<string, string>? variables = null) => new()
    {
        OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes("")),
        Output = output,
        Error = error,
        OutputIsTerminal = false,
        Variables = new Dictionary<string, string>(variables ?? new Dictionary<string, string>()) { ["HOME"] = "/nobody" },
        Time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
        Stop = CancellationToken.None,
    };
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Hexagram.EndToEnd.Programs;

/// <summary>
/// A process of this test, most often <c>hexagram</c>: what it has printed, line by line, and the ways to end it. It is killed by its own id when
/// disposed. Every wait is bounded.
/// </summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Linux, and every processor that .NET runs on there.
    private const int GoOn = 18;
    private const int StopNow = 19;

    private readonly Process _process;
    private readonly PrintedLines _output = new();
    private readonly PrintedLines _errors = new();
    private readonly Task _reading;

    private RunningProgram(Process process)
    {
        _process = process;
        Id = process.Id;
        _reading = Task.WhenAll(_output.ReadAsync(process.StandardOutput), _errors.ReadAsync(process.StandardError));
    }

    /// <summary>The process's id.</summary>
    public int Id { get; }

    /// <summary>Whether it still runs.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>What it has printed on standard output until now.</summary>
    public IReadOnlyList<string> Output => _output.Lines;

    /// <summary>What it has printed on standard error until now.</summary>
    public IReadOnlyList<string> Errors => _errors.Lines;

    /// <summary>Everything it has said, for the message of a failed assertion.</summary>
    public string Said => $"stdout:\n{string.Join('\n', Output)}\nstderr:\n{string.Join('\n', Errors)}";

    /// <summary>The lines of standard output as JSON; fails unless each is one object.</summary>
    public IReadOnlyList<JsonElement> JsonOutput => [.. Output.Select(Json.Parse)];

    /// <summary>The program under test.</summary>
    public static string Hexagram()
    {
        var file = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "hexagram.exe" : "hexagram");
        Assert.True(File.Exists(file), $"{file} is not there: the project of the program is to be built with the tests.");
        return file;
    }

    /// <summary>Starts the program that was built with this test.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="variables">Environment variables, beside those that every program needs.</param>
    /// <param name="words">The command line.</param>
    public static RunningProgram Start(string folder, IReadOnlyDictionary<string, string> variables, IEnumerable<string> words) =>
        Start(Hexagram(), folder, variables, words);

    /// <summary>Starts another program.</summary>
    public static RunningProgram Start(string program, string folder, IReadOnlyDictionary<string, string> variables, IEnumerable<string> words)
    {
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };

        // What is set for the tests is not meant for the programs under test.
        foreach (var foreign in start.Environment.Keys.Where(name => name.StartsWith("HEXAGRAM", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(foreign);
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Puts one line into its standard input.</summary>
    public async Task FeedAsync(string line)
    {
        await _process.StandardInput.WriteAsync($"{line}\n");
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Puts bytes into its standard input that need not be text.</summary>
    public async Task FeedBytesAsync(byte[] bytes)
    {
        await _process.StandardInput.BaseStream.WriteAsync(bytes);
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    /// <summary>Ends its standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Closes the reading end of its standard output: its next write fails.</summary>
    public void CloseOutput() => _process.StandardOutput.Close();

    /// <summary>Waits until standard output has so many lines.</summary>
    public Task<IReadOnlyList<string>> WhenPrintedAsync(int lines) => WhenOutputAsync(printed => printed.Count >= lines);

    /// <summary>Waits until what is on standard output is enough.</summary>
    public Task<IReadOnlyList<string>> WhenOutputAsync(Func<IReadOnlyList<string>, bool> enough) => Within(_output.WhenAsync(enough), "enough output");

    /// <summary>Waits until standard error says <paramref name="text"/>.</summary>
    public Task WhenSaidAsync(string text) =>
        Within(_errors.WhenAsync(printed => printed.Any(line => line.Contains(text, StringComparison.Ordinal))), $"'{text}' on standard error");

    /// <summary>Waits until it has ended and all that it printed has been read.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> EndAsync() => EndAsync(Patience);

    /// <summary>The same, for a program that is meant to take its time.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        await Within(Ended(), "its end", patience);
        return _process.ExitCode;

        async Task<bool> Ended()
        {
            await _process.WaitForExitAsync();
            await _reading;
            return true;
        }
    }

    /// <summary>Sends SIGKILL and waits until the process is gone: nothing of it runs to its end.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Sends SIGSTOP: it does nothing more, and everything that it holds stays open.</summary>
    public void Suspend() => Assert.Equal(0, Kill(Id, StopNow));

    /// <summary>Sends SIGCONT: it goes on as if no time had passed.</summary>
    public void Resume() => Assert.Equal(0, Kill(Id, GoOn));

    /// <summary>Asks it to end with SIGTERM, and waits.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync() => SignalAsync(15);

    /// <summary>Asks it to end as Ctrl-C does, and waits.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> InterruptAsync() => SignalAsync(2);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private Task<int> SignalAsync(int signal)
    {
        Assert.Equal(0, Kill(Id, signal));
        return EndAsync();
    }

    /// <summary>Waits, but not for ever; what the program said so far tells why it took too long.</summary>
    private async Task<T> Within<T>(Task<T> task, string what, TimeSpan? patience = null)
    {
        var length = patience ?? Patience;
        var ended = _reading.IsCompleted;
        try
        {
            return await task.WaitAsync(length);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what} did not come within {length.TotalSeconds} s from process {Id}{(ended ? ", which has ended" : "")}.\n{Said}");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}

using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Hexagram.Processes;

/// <summary>
/// The server under test, over all its lives. Its operations are called one at a time, by whoever holds <see cref="Gate"/>.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What a node of a cluster ends with when the others have declared it dead: it is to be started again.</summary>
    public const int LostExitCode = 6;

    /// <summary>Longer than a start or an end takes on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HexagramProgram _program;
    private readonly string _data;
    private readonly StreamWriter _log;
    private readonly IReadOnlyList<string> _words;
    private Process? _process;
    private Task<IReadOnlyList<string>> _errors = Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>A server on <c>FOLDER/server</c> that logs to <c>FOLDER/server.log</c>.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where its data and its log go; it is there.</param>
    /// <param name="words">What makes it a server, if it is not what the program says.</param>
    public ServerProcess(HexagramProgram program, string folder, IReadOnlyList<string>? words = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        _program = program;
        _data = Path.Combine(folder, "server");
        _words = words ?? program.ServerWords(_data);
        _log = new StreamWriter(Path.Combine(folder, "server.log")) { AutoFlush = true };
    }

    /// <summary>Held by whoever stops, kills or starts the server.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>The number of its process. It has been started.</summary>
    public int Id => _process!.Id;

    /// <summary>The same, as long as it runs.</summary>
    public int? IdWhileAlive => _process is { HasExited: false } process ? process.Id : null;

    /// <summary>Where it listens for HTTP, if it does. It has been started.</summary>
    public IPEndPoint? Http { get; private set; }

    /// <summary>How long its last start took, from the making of the process to its ready line.</summary>
    public TimeSpan Startup { get; private set; }

    /// <summary>Its data folder.</summary>
    public string Data => _data;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <returns>Where it listens.</returns>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time; the message has its last words.</exception>
    public async Task<IPEndPoint> StartAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        IsStopped = false;
        _process = ProgramStart.Start(_program, _words);
        _errors = ProgramStart.ReadErrorsAsync(_process, _log);
        using var patience = new CancellationTokenSource(Patience);
        string? ready;
        try
        {
            ready = await _process.StandardOutput.ReadLineAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"The server was not ready within {Patience.TotalSeconds} s.");
        }

        if (ready is null)
        {
            await _process.WaitForExitAsync(CancellationToken.None);
            throw new InvalidOperationException($"The server ended at its start with exit code {_process.ExitCode}: {string.Join('\n', await _errors)}");
        }

        Startup = Stopwatch.GetElapsedTime(begun);
        using var json = JsonDocument.Parse(ready);
        Http = json.RootElement.TryGetProperty("http", out var http) && http.GetString() is { } place ? IPEndPoint.Parse(new Uri(place).Authority) : null;
        return IPEndPoint.Parse(json.RootElement.GetProperty("tcp").GetString()!);
    }

    /// <summary>SIGKILL.</summary>
    /// <returns>Whether it was alive.</returns>
    public async Task<bool> KillAsync()
    {
        var wasAlive = IsAlive;
        _process!.Kill();
        await _process.WaitForExitAsync();
        await _errors;
        return wasAlive;
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>Null, or what was wrong with its end.</returns>
    public async Task<string?> EndAsync()
    {
        Signals.End(_process!);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return "asked to end, the server did not";
        }

        await _errors;
        return _process.ExitCode == 0 ? null : $"asked to end, the server ended with exit code {_process.ExitCode}";
    }

    /// <summary>Whether it stands still.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>SIGSTOP; false when it is gone.</summary>
    public bool Stop() => IsStopped = Signals.Stop(_process!);

    /// <summary>SIGCONT.</summary>
    public bool Continue()
    {
        IsStopped = false;
        return Signals.Continue(_process!);
    }

    /// <summary>Whether it runs, or stands still.</summary>
    public bool IsAlive => _process is { HasExited: false };

    /// <summary>What it ended with; null while it runs.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>Why it ended when nobody had asked it to.</summary>
    public async Task<string> LastWordsAsync() => $"exit code {_process!.ExitCode}: {string.Join('\n', await _errors)}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsAlive)
        {
            await KillAsync();
        }

        var ended = _process;
        _process = null;
        ended?.Dispose();
        await _log.DisposeAsync();
        Gate.Dispose();
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Hexagram.Processes;

/// <summary>
/// An engine that a cluster rests on, as a process at a place of its own, over all its lives. It ends with the process that started it, however that ends.
/// Its operations are called one at a time.
/// </summary>
public abstract class EngineProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan KnockEvery = TimeSpan.FromMilliseconds(50);

    private readonly TextWriter _log;
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private protected EngineProcess(string folder, string name)
    {
        Folder = folder;
        Name = name;
        _log = TextWriter.Synchronized(new StreamWriter(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{name}.log")) { AutoFlush = true });
    }

    /// <summary>Where it listens, in all its lives; a port of 127.0.0.1 by default. Whoever reaches it there is trusted.</summary>
    public IPEndPoint EndPoint { get; init; } = FreePort.Next();

    /// <summary>What its command line begins with, such as <c>ip netns exec NAME</c>; nothing by default.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];

    /// <summary>Whether it runs.</summary>
    public bool IsAlive => _process is { HasExited: false };

    private protected string Folder { get; }

    private string Name { get; }

    /// <summary>Starts it, and waits until it takes connections.</summary>
    /// <exception cref="InvalidOperationException">It is not installed, ended, or was not ready in time; the message has its last words.</exception>
    public async Task StartAsync()
    {
        await PrepareAsync();

        // The shell ends the engine when its input ends: that is when it is told to, or when this process is gone.
        _process = Run(["sh", "-c", $"\"$@\" & read -r _; kill -{EndSignal} $!; wait $!", "sh", .. Within, .. Words()]);
        var said = new List<string>();
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput, said), ReadAsync(_process.StandardError, said));
        using var patience = new CancellationTokenSource(Patience);
        while (!await AnswersAsync(patience.Token))
        {
            if (patience.IsCancellationRequested || _process.HasExited)
            {
                throw new InvalidOperationException($"{Name} did not start: {string.Join('\n', said.TakeLast(10))}");
            }

            await Task.Delay(KnockEvery, CancellationToken.None);
        }
    }

    /// <summary>Ends it as a crash does: nothing is written any more.</summary>
    public async Task CrashAsync()
    {
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading;
        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await CrashAsync();
        }

        await _log.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>What must be there before it can start.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>The command line.</summary>
    private protected abstract IReadOnlyList<string> Words();

    /// <summary>The signal that makes it stop at once.</summary>
    private protected abstract string EndSignal { get; }

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed, or is not installed.</exception>
    private protected async Task RunToEndAsync(IReadOnlyList<string> words)
    {
        using var process = Run(words);
        var said = new List<string>();
        await Task.WhenAll(ReadAsync(process.StandardOutput, said), ReadAsync(process.StandardError, said), process.WaitForExitAsync()).WaitAsync(Patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{words[0]} ended with exit code {process.ExitCode}: {string.Join('\n', said.TakeLast(10))}");
        }
    }

    private Process Run(IReadOnlyList<string> words)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(words[0], [.. words.Skip(1)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"{words[0]} cannot be run: {missing.Message}. {Name} comes with its Debian package.", missing);
        }
    }

    private async Task ReadAsync(StreamReader output, List<string> said)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            await _log.WriteLineAsync(line);
            lock (said)
            {
                said.Add(line);
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken patience)
    {
        using var knock = new TcpClient();
        try
        {
            await knock.ConnectAsync(EndPoint, patience);
            return await IsReadyAsync(knock.GetStream(), patience);
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Whether it answers as one that can be used.</summary>
    private protected abstract Task<bool> IsReadyAsync(NetworkStream stream, CancellationToken patience);
}

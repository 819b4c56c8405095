using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hexagram.Chaos.Clients;
using Hexagram.Checking;
using Hexagram.Processes;
using Hexagram.Protocol;

namespace Hexagram.Chaos.Runs;

/// <summary>A place for one client: the device that sits there may be destroyed and replaced.</summary>
internal sealed class Seat(UserId user, string name, bool receives, string folder)
{
    private int _burnt;

    /// <summary>Who sits there now.</summary>
    public Party Party => new(user, new DeviceId(_burnt == 0 ? name : $"{name}-{_burnt + 1}"));

    /// <summary>Whether it receives, too.</summary>
    public bool Receives => receives;

    /// <summary>Where its outbox and inbox are.</summary>
    public string Folder => Path.Combine(folder, Party.User.Value, Party.Device.Value);

    /// <summary>Destroys the device with all that is on it; a new one takes its place.</summary>
    public void Burn()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        _burnt++;
    }
}

/// <summary>
/// A process of clients, over all its lives. Its operations are called one at a time, by whoever holds <see cref="Gate"/>.
/// </summary>
internal sealed class ClientProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChaosSettings _settings;
    private readonly Recorder _recorder;
    private readonly Func<int, ClientSetup> _setup;
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private Task<IReadOnlyList<string>> _errors = Task.FromResult<IReadOnlyList<string>>([]);
    private int _lives;
    private long _outbox;
    private TaskCompletionSource _clock = new();

    /// <summary>A process that is not started yet.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="recorder">Gets every line that it prints.</param>
    /// <param name="seats">Its clients.</param>
    /// <param name="setup">What it is told at the start of each of its lives: 1, 2, 3 …</param>
    public ClientProcess(ChaosSettings settings, Recorder recorder, IReadOnlyList<Seat> seats, Func<int, ClientSetup> setup)
    {
        _settings = settings;
        _recorder = recorder;
        _setup = setup;
        Seats = seats;
    }

    /// <summary>Held by whoever stops, kills or starts the process.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    /// <summary>Its clients.</summary>
    public IReadOnlyList<Seat> Seats { get; }

    /// <summary>How many messages were in its outboxes when it last said so; negative when it has not said so since its start.</summary>
    public long Outbox => Interlocked.Read(ref _outbox);

    /// <summary>Whether it runs, or stands still.</summary>
    public bool IsAlive => _process is { HasExited: false };

    /// <summary>Starts it.</summary>
    public async Task StartAsync()
    {
        foreach (var seat in Seats)
        {
            _recorder.Started(seat.Party, seat.Receives);
        }

        Interlocked.Exchange(ref _outbox, -1);
        _process = ProgramStart.Start(_settings.Program, _settings.Program.ClientWords);
        _errors = ProgramStart.ReadErrorsAsync(_process);
        _reading = ReadAsync(_process);
        await SayAsync(JsonSerializer.Serialize(_setup(++_lives), ClientSetupJson.Default.ClientSetup));
    }

    /// <summary>SIGKILL. Returns when all that it had printed has been recorded.</summary>
    /// <returns>Whether it was alive.</returns>
    public async Task<bool> KillAsync()
    {
        var wasAlive = IsAlive;
        _process!.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        return wasAlive;
    }

    /// <summary>SIGSTOP; false when it is gone.</summary>
    public bool Stop() => Signals.Stop(_process!);

    /// <summary>SIGCONT.</summary>
    public bool Continue() => Signals.Continue(_process!);

    /// <summary>Sets its clock wrong by <paramref name="shift"/>, and waits until that is done.</summary>
    /// <returns>False when it did not do it.</returns>
    public async Task<bool> SetClockAsync(TimeSpan shift)
    {
        var done = _clock = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await SayAsync(string.Create(CultureInfo.InvariantCulture, $"{ClientProgram.Clock} {shift.TotalSeconds}"));
        return await Task.WhenAny(done.Task, Task.Delay(Patience)) == done.Task;
    }

    /// <summary>It writes no new messages from here on.</summary>
    public Task QuietAsync() => SayAsync(ClientProgram.Quiet);

    /// <summary>Has it tell what waits, close its clients and end.</summary>
    /// <returns>Null, or what was wrong with its end.</returns>
    public async Task<string?> CloseAsync()
    {
        await SayAsync(ClientProgram.Close);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return $"a process of clients did not end within {Patience.TotalSeconds} s";
        }

        await _reading;
        return _process.ExitCode == 0 ? null : $"a process of clients ended with {await LastWordsAsync()}";
    }

    /// <summary>Why it ended when nobody had asked it to.</summary>
    public async Task<string> LastWordsAsync() => $"exit code {_process!.ExitCode}: {string.Join('\n', await _errors)}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsAlive)
        {
            await KillAsync();
        }

        _process?.Dispose();
        Gate.Dispose();
    }

    private async Task SayAsync(string line)
    {
        try
        {
            await _process!.StandardInput.WriteAsync($"{line}\n");
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has just died; whoever looks after it sees that.
        }
    }

    private async Task ReadAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } text)
        {
            if (!ClientLine.TryParse(text, out var line))
            {
                // The last line of a process that was killed may be a piece of one.
                continue;
            }

            switch (line.Word)
            {
                case ClientWord.Outbox:
                    Interlocked.Exchange(ref _outbox, long.Parse(line.Rest, CultureInfo.InvariantCulture));
                    break;
                case ClientWord.Clock:
                    _clock.TrySetResult();
                    break;
                default:
                    _recorder.Take(line);
                    break;
            }
        }
    }
}

using System.Threading.Channels;
using Hexagram.Cli.Clients;
using Hexagram.Cli.Output;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Sending;

/// <summary>
/// One run of <c>send</c>: what an earlier run left goes first, then what is new, then the wait for confirmations. Everything is
/// reported in the order of sending.
/// </summary>
internal sealed class SendRun : IAsyncDisposable
{
    private static readonly Backoff Reconnect = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    /// <summary>Messages that are followed at a time; beyond, the input waits. More than the outbox takes, so that this is not the limit.</summary>
    private const int ItemsMax = 20_000;

    private readonly SendSettings _settings;
    private readonly Surroundings _surroundings;
    private readonly SendReport _report;
    private readonly Trace? _trace;
    private readonly StatusAnswers _answers;
    private readonly HexagramClient _client;
    private readonly ConnectionWatch _watch;
    private readonly Screen _screen;
    private readonly Channel<SentItem> _items = Channel.CreateBounded<SentItem>(ItemsMax);
    private readonly Pulse _progress = new();

    private SendRun(SendSettings settings, Screen screen, Surroundings surroundings, HexagramClient client, Trace? trace, StatusAnswers answers)
    {
        _settings = settings;
        _screen = screen;
        _surroundings = surroundings;
        _client = client;
        _trace = trace;
        _answers = answers;
        _report = new SendReport(settings, screen);
        _watch = new ConnectionWatch(client, settings.Client, screen, tellConnected: false);
    }

    /// <summary>Sends what is asked, and says what became of it.</summary>
    public static async Task<ExitCode> RunAsync(SendSettings settings, Screen screen, Surroundings surroundings)
    {
        var trace = settings.Trace ? new Trace(settings.Client.User, screen) : null;
        var answers = new StatusAnswers();
        var options = settings.Client.ToOptions(surroundings) with
        {
            Window = 0,
            Reconnect = Reconnect,
            Trace = packet =>
            {
                trace?.Heard(packet);
                answers.Heard(packet);
            },
        };
        var client = await ClientOpening.OpenAsync(options, settings.Client.StateFolder);
        await using var run = new SendRun(settings, screen, surroundings, client, trace, answers);
        return await run.RunAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _watch.Dispose();
    }

    private async Task<ExitCode> RunAsync()
    {
        var earlier = _client.ListOutbox().Select(message => new SentItem(message)).ToList();
        _answers.Expect(earlier.Where(item => item.WasStored).Select(item => item.Sending.Result.Id));
        _trace?.Start(single: _settings.Text is not null && earlier.Count == 0);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_surroundings.Stop, _watch.Over);
        var following = FollowAllAsync(waiting);
        foreach (var item in earlier)
        {
            await FollowAsync(item);
        }

        var fault = await SendAllAsync(waiting);
        _items.Writer.TryComplete();
        using var patience = new CancellationTokenSource(_settings.Timeout, _surroundings.Time);
        await using (patience.Token.Register(waiting.Cancel))
        {
            await following;
        }

        await _client.DisposeAsync();
        if (_trace is not null)
        {
            await _trace.FinishAsync();
        }

        return _report.Finish(fault ?? _watch.Failure);
    }

    /// <summary>Puts everything into the outbox, in order and no faster than there is room.</summary>
    /// <returns>Why not all of it was taken; null when it was.</returns>
    private async Task<string?> SendAllAsync(CancellationTokenSource waiting)
    {
        var index = 0L;
        try
        {
            if (_settings.Text is { } text)
            {
                await FollowAsync(await PutAsync(++index, text, waiting.Token));
                return null;
            }

            await foreach (var line in InputLines.ReadAsync(_surroundings.OpenInput(), waiting.Token))
            {
                index++;
                await FollowAsync(line.Fault is { } unfit ? SentItem.Unfit(index, unfit) : await PutAsync(index, line.Body, waiting.Token));
            }

            return null;
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested)
        {
            return _settings.Text is null ? $"Standard input was not read to its end: line {index} and what follows were not taken." : "The message was not taken.";
        }
        catch (ChannelClosedException)
        {
            // The one who prints the results has failed, and throws what it failed of.
            return null;
        }
        catch (OutboxFullException full)
        {
            return $"Line {index} and what follows were not taken, and nothing has moved for {_settings.Timeout.TotalSeconds:0.#} s. {full.Message}";
        }
        catch (Exception fault) when (fault is IOException or ClientStoreException)
        {
            return $"{(_settings.Text is null ? $"Line {index} and what follows were not taken" : "The message was not taken")}: {fault.Message}";
        }
    }

    /// <summary>Hands one message to the outbox; when that is full, waits for others to go.</summary>
    private async Task<SentItem> PutAsync(long index, Body body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var moved = _progress.Next;
            try
            {
                return new SentItem(index, _client.SendAsync(_settings.To, body, cancellationToken));
            }
            catch (ArgumentException unfit)
            {
                return SentItem.Unfit(index, unfit.Message.Split(" (Parameter", 2)[0]);
            }
            catch (OutboxFullException)
            {
                if (!await HappensAsync(moved, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    private async Task<bool> HappensAsync(Task moved, CancellationToken cancellationToken)
    {
        try
        {
            await moved.WaitAsync(_settings.Timeout, _surroundings.Time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task FollowAsync(SentItem item)
    {
        await _items.Writer.WriteAsync(item);
        if (item.Fault is null)
        {
            _ = PulseAsync(item);
        }
    }

    /// <summary>Tells the one who waits for room that there may be some.</summary>
    private async Task PulseAsync(SentItem item)
    {
        try
        {
            var message = await item.Sending;
            await message.WhenAsync(SentState.Stored);
        }
        catch (Exception fault) when (fault is ClientStoreException or MessageRefusedException or ObjectDisposedException or OperationCanceledException)
        {
            // Reported by the one who follows the item; here it only means that there is room.
        }

        _progress.Beat();
    }

    /// <summary>Waits for one after the other until nothing more can be learnt by waiting, and reports each.</summary>
    private async Task FollowAllAsync(CancellationTokenSource waiting)
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync())
            {
                await WaitAsync(item, waiting.Token);
                if (_trace is not null)
                {
                    await _trace.CatchUpAsync();
                }

                await _report.AddAsync(item);
            }
        }
        catch (Exception fault)
        {
            // Nobody hears the results any more: there is no use in sending on, and nobody to make room for more.
            _items.Writer.TryComplete(fault);
            await waiting.CancelAsync();
            throw;
        }
    }

    private async Task WaitAsync(SentItem item, CancellationToken cancellationToken)
    {
        try
        {
            var message = await item.Sending;
            var wanted = SentState.Stored;
            if (item.WasStored && await _answers.AnswerAsync(message.Id).WaitAsync(cancellationToken) == MessageState.Delivered)
            {
                wanted = SentState.Delivered;
            }

            await message.WhenAsync(wanted, cancellationToken);
        }
        catch (Exception fault) when (fault is ClientStoreException or MessageRefusedException or InvalidDataException or OperationCanceledException)
        {
            // The report asks the item itself how it stands.
        }
    }
}

using Hexagram.Cli.Clients;
using Hexagram.Cli.Output;
using Hexagram.Client;
using Hexagram.Protocol;

namespace Hexagram.Cli.Chatting;

/// <summary>
/// One run of <c>chat</c>: a client that receives and sends, and a face for it: the whole terminal where there is one, else a line for everything.
/// What comes is confirmed when it has been shown.
/// </summary>
internal sealed class ChatRun
{
    private static readonly Backoff Reconnect = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    /// <summary>How long what was typed last may take to leave this device, when the chat is left.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly ChatSettings _settings;
    private readonly HexagramClient _client;
    private readonly TimeProvider _time;
    private readonly IChatFace _face;
    private readonly TaskCompletionSource<ExitCode> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChatRun(ChatSettings settings, HexagramClient client, IChatFace face, TimeProvider time) =>
        (_settings, _client, _face, _time) = (settings, client, face, time);

    /// <summary>Talks until the input ends or somebody asks for an end.</summary>
    public static async Task<ExitCode> RunAsync(ChatSettings settings, Screen screen, Surroundings surroundings)
    {
        var options = settings.Client.ToOptions(surroundings) with { Reconnect = Reconnect };
        await using var client = await ClientOpening.OpenAsync(options, settings.Client.StateFolder);
        var code = await TalkAsync(settings, client, screen, surroundings);

        // Closed first, so that what is told is what stays: the last confirmations are out.
        await client.DisposeAsync();
        if (code == ExitCode.Success && ChatWords.Farewell(client.ListOutbox(), settings.Client.User) is { } farewell)
        {
            foreach (var row in screen.Console is { } console ? LineWrap.Wrap(farewell, console.Profile.Width) : [farewell])
            {
                screen.Note(row);
            }
        }

        return code;
    }

    private static async Task<ExitCode> TalkAsync(ChatSettings settings, HexagramClient client, Screen screen, Surroundings surroundings)
    {
        string? failure;
        ExitCode code;
        await using (var face = Face(settings, client, screen, surroundings))
        {
            using var notes = screen.DivertNotes(note => face.Show(new ChatEntry.Note(surroundings.Time.GetUtcNow(), note)));
            using var watch = new ConnectionWatch(client, settings.Client, screen, tellConnected: true);
            var run = new ChatRun(settings, client, face, surroundings.Time);
            await using var stopping = surroundings.Stop.Register(() => run._over.TrySetResult(ExitCode.Success));
            await using var failing = watch.Over.Register(() => run._over.TrySetResult(ExitCode.Failure));
            code = await run.TalkAsync();
            failure = watch.Failure;
        }

        if (code == ExitCode.Failure)
        {
            screen.Error(failure!);
        }

        return code;
    }

    private static IChatFace Face(ChatSettings settings, HexagramClient client, Screen screen, Surroundings surroundings) =>
        screen.Console is { Profile.Capabilities.Ansi: true } && surroundings.InputIsTerminal
            ? new ChatTerminal(settings, client, surroundings)
            : new ChatLines(screen, surroundings);

    private async Task<ExitCode> TalkAsync()
    {
        await ShowEarlierAsync();
        _client.StateChanged += (_, _) => _face.Changed();
        _client.StoreFailed += (_, fault) => _face.Show(new ChatEntry.Note(_time.GetUtcNow(), fault.Message));
        _client.MessagesMissing += (_, missing) => _face.Show(new ChatEntry.Note(
            _time.GetUtcNow(), $"messages {missing.From} to {missing.To} are gone: another device has had them, and the server has forgotten them"));
        _client.OnMessage(HandleAsync);
        var typing = SendAllAsync();
        var code = await _over.Task;
        if (code == ExitCode.Success && typing.IsCompleted)
        {
            await LetOutAsync();
        }

        return code;
    }

    /// <summary>What an earlier run left is part of the conversation: it goes out first.</summary>
    private async Task ShowEarlierAsync()
    {
        foreach (var message in _client.ListOutbox())
        {
            var body = await _client.ReadBodyAsync(message);
            Follow(new ChatEntry.Own(message, message.To, message.Id.MadeAt, TextOf(body ?? Body.FromText(""))));
        }
    }

    private async Task HandleAsync(Message message, CancellationToken cancellationToken)
    {
        if (!_over.Task.IsCompleted)
        {
            var text = TextOf(message.Body);
            try
            {
                await _face.ShowAsync(new ChatEntry.Theirs(message.From, message.SentAt, text, message.Redelivered), message, cancellationToken);
                return;
            }
            catch (IOException fault)
            {
                // Nobody can see it, so it is not to be confirmed: it comes again in the next run.
                _over.TrySetException(fault);
            }
        }

        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var line in _face.ReadAsync())
            {
                if (line.Fault is { } unfit)
                {
                    _face.Show(new ChatEntry.Note(_time.GetUtcNow(), unfit));
                }
                else
                {
                    await SendAsync(line.Body);
                }
            }

            _over.TrySetResult(ExitCode.Success);
        }
        catch (Exception fault)
        {
            // Whoever waits for the end throws it.
            _over.TrySetException(fault);
        }
    }

    private async Task SendAsync(Body body)
    {
        try
        {
            Follow(new ChatEntry.Own(await _client.SendAsync(_settings.To, body), _settings.To, _time.GetUtcNow(), body.Text));
        }
        catch (Exception fault) when (fault is OutboxFullException or ClientStoreException or ArgumentException)
        {
            _face.Show(new ChatEntry.Own(null, _settings.To, _time.GetUtcNow(), body.Text));
            _face.Show(new ChatEntry.Note(_time.GetUtcNow(), $"That was not sent: {fault.Message}"));
        }
    }

    private void Follow(ChatEntry.Own own)
    {
        _face.Show(own);
        _ = FollowAsync(own);
    }

    /// <summary>Tells the face each time that the message gets further.</summary>
    private async Task FollowAsync(ChatEntry.Own own)
    {
        try
        {
            foreach (var state in new[] { SentState.Accepted, SentState.Stored, SentState.Delivered })
            {
                await own.Message!.WhenAsync(state);
                _face.Risen(own);
            }
        }
        catch (MessageRefusedException refused)
        {
            _face.Risen(own);
            _face.Show(new ChatEntry.Note(_time.GetUtcNow(), $"The server refused a message: {refused.Message}"));
        }
        catch (Exception left) when (left is ObjectDisposedException or OperationCanceledException)
        {
            // The chat is being left; the outbox keeps the message.
        }
        catch (IOException fault)
        {
            // Nobody hears how it stands any more.
            _over.TrySetException(fault);
        }
    }

    /// <summary>Gives what was typed last the time to reach the server, if there is one.</summary>
    private async Task LetOutAsync()
    {
        var waiting = _client.ListOutbox().Where(message => message.State == SentState.Waiting).Select(message => message.Accepted).ToList();
        try
        {
            await Task.WhenAll(waiting).WaitAsync(LastWords, _time);
        }
        catch (Exception late) when (late is TimeoutException or MessageRefusedException or OperationCanceledException)
        {
            // The farewell says what still waits.
        }
    }

    private static string TextOf(Body body) => body.IsText ? body.Text : $"<{body.ContentType}, {body.Content.Length} bytes>";
}

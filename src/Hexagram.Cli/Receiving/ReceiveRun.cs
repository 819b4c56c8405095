using Hexagram.Cli.Clients;
using Hexagram.Cli.Output;
using Hexagram.Client;

namespace Hexagram.Cli.Receiving;

/// <summary>
/// One run of <c>receive</c>: prints each message and confirms it when it has been printed and flushed. What cannot be printed is not
/// confirmed, and comes again in the next run.
/// </summary>
internal sealed class ReceiveRun
{
    private static readonly Backoff Reconnect = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

    private readonly ReceiveSettings _settings;
    private readonly MessagePrinter _printer;
    private readonly TaskCompletionSource<ExitCode> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _printed;

    private ReceiveRun(ReceiveSettings settings, MessagePrinter printer)
    {
        _settings = settings;
        _printer = printer;
    }

    /// <summary>Receives until enough has come, time is up, or somebody asks for an end.</summary>
    public static async Task<ExitCode> RunAsync(ReceiveSettings settings, Screen screen, Surroundings surroundings)
    {
        var options = settings.Client.ToOptions(surroundings) with { Reconnect = Reconnect };
        await using var client = await ClientOpening.OpenAsync(options, settings.Client.StateFolder);
        using var watch = new ConnectionWatch(client, settings.Client, screen, tellConnected: true);
        var run = new ReceiveRun(settings, new MessagePrinter(screen, surroundings.Time));
        client.MessagesMissing += (_, missing) => run.Print(missing);
        client.StoreFailed += (_, fault) => screen.Note(fault.Message);
        client.OnMessage(run.HandleAsync);

        using var patience = settings.Timeout is { } timeout ? new CancellationTokenSource(timeout, surroundings.Time) : new CancellationTokenSource();
        await using var expiring = patience.Token.Register(() => run._over.TrySetResult(settings.Count is null ? ExitCode.Success : ExitCode.TimedOut));
        await using var stopping = surroundings.Stop.Register(() => run._over.TrySetResult(ExitCode.Success));
        await using var failing = watch.Over.Register(() => run._over.TrySetResult(ExitCode.Failure));
        var code = await run._over.Task;

        // What was printed is committed, and confirmed if the server is there, before the process ends.
        await client.DisposeAsync();
        if (code == ExitCode.Failure)
        {
            screen.Error(watch.Failure!);
        }
        else if (code == ExitCode.TimedOut)
        {
            screen.Note($"{run._printed} of {settings.Count} messages came in time.");
        }

        return code;
    }

    private async Task HandleAsync(Message message, CancellationToken cancellationToken)
    {
        if (_over.Task.IsCompleted)
        {
            await UntilClosedAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }

        try
        {
            _printer.Print(message);
        }
        catch (Exception fault)
        {
            // Not printed, so not to be confirmed: the handler must not return before the client is being closed, and must throw then.
            _over.TrySetException(fault);
            await UntilClosedAsync(cancellationToken);
            throw;
        }

        if (++_printed == _settings.Count)
        {
            // The client hands over the next message as soon as this returns; there is to be none.
            _over.TrySetResult(ExitCode.Success);
            await UntilClosedAsync(cancellationToken);
        }
    }

    private void Print(MissingMessages missing)
    {
        try
        {
            _printer.Print(missing);
        }
        catch (IOException fault)
        {
            _over.TrySetException(fault);
        }
    }

    private static async Task UntilClosedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The client is being closed.
        }
    }
}

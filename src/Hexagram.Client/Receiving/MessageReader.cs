using System.Threading.Channels;

namespace Hexagram.Client.Receiving;

/// <summary>
/// Lets an <c>await foreach</c> stand where a handler does: each message is handed over, and counts as handled when the next is asked for. Whoever
/// goes without asking has not handled the last one. <see cref="NextAsync"/> is called by one reader, one call at a time.
/// </summary>
internal sealed class MessageReader : IAsyncDisposable
{
    private readonly Receiver _receiver;
    private readonly MessageHandler _handler;
    private readonly Channel<Message> _handed = Channel.CreateUnbounded<Message>();
    private TaskCompletionSource? _asked;

    /// <exception cref="InvalidOperationException">There is a handler or another reader.</exception>
    internal MessageReader(Receiver receiver)
    {
        _receiver = receiver;
        _handler = new MessageHandler(HandAsync, null, defect => _handed.Writer.TryComplete(defect));
        receiver.Start(_handler);
    }

    /// <summary>Confirms the message before, and waits for the next.</summary>
    /// <returns>Null when the client was disposed of.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed of before the last message could be confirmed, which therefore comes again.</exception>
    internal async ValueTask<Message?> NextAsync(CancellationToken cancellationToken)
    {
        if (_asked?.TrySetResult() is false)
        {
            throw new ObjectDisposedException(
                nameof(HexagramClient),
                "The client was disposed of while a message was being read. The message is not confirmed, and comes again when the store is opened again.");
        }

        _asked = null;
        try
        {
            return await _handed.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is null)
        {
            return null;
        }
    }

    /// <summary>The handler's end, in the handler's loop.</summary>
    private async Task HandAsync(Message message, CancellationToken cancellationToken)
    {
        // One source for both: what is asked first is what counts, however long it takes this method to notice.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gone = cancellationToken.Register(() => asked.TrySetCanceled(cancellationToken));
        _asked = asked;
        _handed.Writer.TryWrite(message);
        await asked.Task;
    }

    /// <summary>Makes place for the next reader, which gets the message that was not confirmed first. Waits for the one that was asked behind.</summary>
    public async ValueTask DisposeAsync() => await _receiver.StopAsync(_handler);
}

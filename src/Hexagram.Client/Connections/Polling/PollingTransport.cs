using System.Threading.Channels;
using Hexagram.Protocol;
using Hexagram.Protocol.Codec;
using Hexagram.Protocol.Polling;

namespace Hexagram.Client.Connections.Polling;

/// <summary>
/// A connection made of requests (PROTOCOL §14): what is written becomes messages, statuses and the cursor of the next poll, and what their answers hold is
/// read as if it had come on a socket.
/// </summary>
/// <remarks>As <see cref="IPacketTransport"/> says. Two loops of its own ask and wait: one polls, the other posts.</remarks>
internal sealed class PollingTransport : IPacketTransport
{
    private readonly PollingHttp _http;
    private readonly PollLoop _polls;
    private readonly PostLoop _posts;
    private readonly CancellationTokenSource _stop = new();

    // Of packets that have arrived together; an empty list is a sign of life.
    private readonly Channel<IReadOnlyList<Packet>> _arrived = Channel.CreateUnbounded<IReadOnlyList<Packet>>();
    private readonly List<Packet> _written = [];
    private IReadOnlyList<Packet> _current = [];
    private int _next;
    private Task _polling = Task.CompletedTask;
    private Task _posting = Task.CompletedTask;

    /// <param name="http">Asks the server; from now on owned by this.</param>
    /// <param name="time">The clock.</param>
    internal PollingTransport(PollingHttp http, TimeProvider time)
    {
        _http = http;
        _polls = new PollLoop(http, Arrive, time);
        _posts = new PostLoop(http, Arrive);
    }

    public int WrittenBytes { get; private set; }

    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken)
    {
        if (!await _arrived.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }

        _arrived.Reader.TryRead(out var packets);
        (_current, _next) = (packets!, 0);
        return true;
    }

    public PacketReadOutcome TryRead(int packetBytesMax, out PacketReadResult result)
    {
        result = _next < _current.Count ? new(_current[_next++], ErrorCode.None, null) : default;
        return result.Packet is null ? PacketReadOutcome.Incomplete : PacketReadOutcome.Packet;
    }

    public void Write(Packet packet)
    {
        _written.Add(packet);
        WrittenBytes += PostLoop.BytesOf(packet);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var packet in _written)
        {
            switch (packet)
            {
                case Hello hello:
                    _http.Token = hello.Token;
                    _polling = RunAsync(() => _polls.RunAsync(hello with { Token = "" }, _stop.Token));
                    _posting = RunAsync(() => _posts.RunAsync(_stop.Token));
                    break;
                case AckRequest confirmation:
                    _polls.Confirm(confirmation.UpTo);
                    break;
                case MessageRequest or StatusRequest:
                    _posts.Add(packet);
                    break;
            }
        }

        // Ping and Pong are left out: a poll's answer is the sign of life. So is Goodbye: whoever says it stops asking.
        _written.Clear();
        WrittenBytes = 0;
        return ValueTask.CompletedTask;
    }

    public Task LeaveAsync(AckRequest? last) => _polls.LeaveAsync(last?.UpTo ?? Sequence.None);

    public async ValueTask CloseAsync()
    {
        await _stop.CancelAsync();
        _arrived.Writer.TryComplete();
        await Task.WhenAll(_polling, _posting);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private void Arrive(PollingAnswer answer)
    {
        _arrived.Writer.TryWrite(answer.Goodbye is { } goodbye ? [.. answer.Packets, goodbye] : answer.Packets);
        if (answer.Goodbye is not null)
        {
            _arrived.Writer.TryComplete();
        }
    }

    /// <summary>A loss of one request that is not made good is the loss of the connection.</summary>
    private async Task RunAsync(Func<Task> loopAsync)
    {
        try
        {
            await loopAsync();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _arrived.Writer.TryComplete();
        }
        catch (Exception cause)
        {
            _arrived.Writer.TryComplete(cause);
        }
    }
}

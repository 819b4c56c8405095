using Hexagram.Cli.Drawing;
using Hexagram.Client;
using Hexagram.Protocol;
using Spectre.Console.Rendering;

namespace Hexagram.Cli.Demonstrating;

/// <summary>
/// The six lines of one message as they pass, seen from both ends: the sender's client shows lines 1, 2 and 6, the recipient's 3, 4 and 5. It watches
/// the first message from the one to the other that leaves. Thread-safe.
/// </summary>
internal sealed class WatchedMessage(UserId from, UserId to)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SixLines _lines = new();
    private MessageId? _id;
    private Sequence? _sequence;
    private int _lit;

    /// <summary>Tells of each line that lights up. Called under a lock, so it must be quick.</summary>
    public Action<LitLine>? Lit { get; set; }

    /// <summary>Completes with the sixth line.</summary>
    public Task Complete => _complete.Task;

    /// <summary>The two names.</summary>
    public LineWords Words { get; } = new(from, to);

    /// <summary>The figure as it stands; null before the message has left.</summary>
    public IRenderable? Draw(int width)
    {
        lock (_gate)
        {
            return _id is { } id ? Figure.Draw(id, Words, _lines, "", width) : null;
        }
    }

    /// <summary>Takes what passed at one of the two clients.</summary>
    public void Heard(UserId at, TracedPacket packet)
    {
        lock (_gate)
        {
            if (LineOf(at, packet.Packet) is not { } number)
            {
                return;
            }

            foreach (var line in _lines.Passed(number, packet.At))
            {
                Lit?.Invoke(line);
                if (++_lit == SixLines.Names.Count)
                {
                    _complete.TrySetResult();
                }
            }
        }
    }

    private int? LineOf(UserId at, Packet packet)
    {
        switch (packet)
        {
            case MessageRequest request when at == from && request.To == to && (_id ??= request.Id) == request.Id:
                return 1;
            case MessageAcknowledge accepted when at == from && accepted.Id == _id:
                return 2;
            case MessageNotify notify when at == to && notify.Id == _id:
                _sequence = notify.Sequence;
                return 3;
            case AckRequest confirm when at == to && confirm.UpTo >= _sequence:
                return 4;
            case AckAcknowledge confirmed when at == to && confirmed.UpTo >= _sequence:
                return 5;
            case AckNotify told when at == from && _id is { } id && told.Ids.Contains(id) && told.State == MessageState.Delivered:
                return 6;
            default:
                return null;
        }
    }
}

using Hexagram.Delivery.Streams;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>The msg:N of one session: the shell around a <see cref="DeliveryStream"/>.</summary>
internal sealed class VirtualStream(VirtualSession session)
{
    private DeliveryStream? _stream;
    private Sequence _heard;
    private (int Window, int Bytes) _room;

    private VirtualNode Node => session.Node;

    internal void Open(DeviceOpening opening, Hello hello)
    {
        // Hints may have come since the session was registered, before the store was asked.
        _room = (hello.Window, hello.WindowBytes);
        Begin(opening.ResumeAfter, Sequence.Max(opening.Position.Last, _heard));
        if (Node.Canary == Canary.LiveBeforeBacklog && opening.Position.Last > opening.ResumeAfter.Next)
        {
            Write(Node.Store.Read(session.User, opening.Position.Last.Previous, 1, 1)[0], again: false);
        }

        ReadOn();
    }

    /// <summary>The router has heard of an entry.</summary>
    internal void Hinted(Entry entry, bool again)
    {
        _heard = Sequence.Max(_heard, entry.Sequence);
        if (_stream is null)
        {
            return;
        }

        if (Node.Canary == Canary.CursorSkipsHole && !again && entry.Sequence > _stream.Sent.Next)
        {
            Begin(entry.Sequence.Previous, entry.Sequence);
        }

        var decision = again
            ? _stream.Repeated(entry.Sequence)
            : _stream.Arrived(entry.Sequence, entry.Body.Content.Length);
        Notify(entry, decision);
        ReadOn();
    }

    /// <summary>The heartbeat's comparison with the store.</summary>
    internal void Compare()
    {
        _stream?.Compared(Node.Store.Position(session.User).Last);
        ReadOn();
    }

    /// <summary>The device has confirmed up to here.</summary>
    internal void Confirmed(Sequence upTo)
    {
        _stream?.Confirmed(upTo);
        ReadOn();
    }

    private void Begin(Sequence resumeAfter, Sequence last) => _stream = new DeliveryStream(resumeAfter, last, _room.Window, _room.Bytes);

    private void ReadOn()
    {
        var stream = _stream;
        if (stream is null || !session.IsLive || !stream.TryBeginRead(out var read))
        {
            return;
        }

        Node.Later(Node.Dice.Between(0, 10), () =>
        {
            if (!session.IsLive || stream != _stream)
            {
                return;
            }

            var position = Node.Store.Position(session.User);
            if (stream.PageBegins(position.FirstAvailable, position.Last) == StreamDecision.Resynchronize)
            {
                session.End(ErrorCode.Resynchronize);
                return;
            }

            foreach (var entry in Node.Store.Read(session.User, read.After, read.EntriesMax, read.BytesMax))
            {
                Notify(entry, stream.Read(entry.Sequence, entry.Body.Content.Length));
            }

            if (stream.Sent != read.After)
            {
                ReadOn();
            }
            else
            {
                session.World.Tally.Count(Trouble.WindowOfBytesFull);
            }
        });
    }

    private void Notify(Entry entry, StreamDecision decision)
    {
        if (decision is StreamDecision.Notify or StreamDecision.NotifyAgain)
        {
            Write(entry, decision == StreamDecision.NotifyAgain);
            Node.DiesAt(Loss.ServerDiesAfterMessageNotify);
        }
    }

    private void Write(Entry entry, bool again) =>
        session.Send(new MessageNotify(entry.Sequence, entry.Id, entry.From, entry.AcceptedAt, entry.Body, again));
}

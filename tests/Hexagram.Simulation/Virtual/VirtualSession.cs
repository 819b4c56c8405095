using Hexagram.Delivery.Streams;
using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>One connection as a node sees it: the shell around a <see cref="DeliveryStream"/>.</summary>
internal sealed class VirtualSession : IEndpoint
{
    private readonly World _world;
    private readonly Link _link;
    private readonly AppendLane _lane = new();
    private DeliveryStream? _stream;
    private bool _ended;

    internal VirtualSession(World world, VirtualNode node, Link link)
    {
        _world = world;
        Node = node;
        _link = link;
        link.Server = this;
    }

    internal VirtualNode Node { get; }

    internal UserId User { get; private set; }

    internal DeviceId Device { get; private set; }

    internal long Connection { get; private set; }

    public void Receive(Packet packet)
    {
        if (_ended)
        {
            return;
        }

        switch (packet)
        {
            case Hello hello:
                Begin(hello);
                break;
            case MessageRequest request:
                Node.Store.Append(Node, new AppendItem(request.To, User, request.Id, request.Body, _lane), result => Answer(request, result));
                break;
            case AckRequest confirmation:
                Node.Later(_world.Between(0, 3), () => Confirm(confirmation));
                break;
            case StatusRequest question:
                Send(new StatusAcknowledge(question.To, question.Ids.Select(id => Status(question.To, id)).ToList()));
                break;
            default:
                throw new InvalidOperationException($"A server does not expect {packet.GetType().Name}.");
        }
    }

    public void Closed() => Leave();

    internal void NodeDied()
    {
        Leave();
        _link.Cut();
    }

    internal void End(ErrorCode code)
    {
        if (!_ended)
        {
            Leave();
            _link.CloseDown(new Goodbye(code, "", TimeSpan.Zero));
        }
    }

    internal void Send(Packet packet)
    {
        if (!_ended)
        {
            _link.SendDown(packet);
        }
    }

    internal void Hinted(Entry entry, bool again)
    {
        if (_stream is null || _ended)
        {
            return;
        }

        var decision = again
            ? _stream.Repeated(entry.Sequence)
            : _stream.Arrived(entry.Sequence, entry.Body.Content.Length);
        Notify(entry, decision);
        ReadOn();
    }

    internal void Compare()
    {
        if (_stream is not null && !_ended)
        {
            _stream.Compared(Node.Store.Mailbox(User).Last);
            ReadOn();
        }
    }

    private void Begin(Hello hello)
    {
        User = new UserId(hello.Token);
        Device = hello.Device;
        Connection = hello.Connection.Value;
        if (Node.Canary == Canary.BacklogBeforeLive)
        {
            var early = Open(hello);
            Node.Later(_world.Between(0, 300), () => Join(() => early));
            return;
        }

        Join(() => Open(hello));

        void Join(Func<DeviceOpening> open)
        {
            if (_ended)
            {
                return;
            }

            if (!Node.Router.Register(this))
            {
                End(ErrorCode.Superseded);
                return;
            }

            var opening = open();
            if (opening.Code != ErrorCode.None)
            {
                End(opening.Code);
                return;
            }

            Send(new Welcome(User, Node.Store.Epoch, opening.Position.FirstAvailable, opening.Position.Last, opening.ResumeAfter, _world.WallClock,
                new SessionLimits(1_000, 16, hello.Window, TimeSpan.FromDays(30))));
            _stream = new DeliveryStream(opening.ResumeAfter, opening.Position.Last, hello.Window, hello.WindowBytes);
            Tell(opening.NewlyDelivered);
            ReadOn();
        }
    }

    private DeviceOpening Open(Hello hello) =>
        Node.Store.Open(new DeviceHello(User, Device, hello.Epoch, hello.Cursor, hello.Start));

    private void Answer(MessageRequest request, AppendResult result)
    {
        if (result.Outcome == AppendOutcome.RetryLater)
        {
            Send(new Error(result.Code, "", request.Id, request.To, TimeSpan.FromMilliseconds(500)));
            return;
        }

        if (Node.DiesAt(Loss.ServerDiesBeforeMessageAcknowledge))
        {
            return;
        }

        Send(new MessageAcknowledge(request.Id, result.AcceptedAt));
        if (result.Delivered)
        {
            Send(new AckNotify(request.To, [request.Id], MessageState.Delivered));
            return;
        }

        // The process may die between msg:A and msg:N.
        Node.Later(_world.Between(0, 3), () =>
        {
            if (Node.DiesAt(Loss.ServerDiesBeforeMessageNotify))
            {
                return;
            }

            var entry = new Entry(result.Sequence, request.Id, User, result.AcceptedAt, request.Body);
            if (!Node.Router.Notify(Node, request.To, entry, result.Outcome == AppendOutcome.Duplicate))
            {
                Send(new AckNotify(request.To, [request.Id], MessageState.Stored));
            }
        });
    }

    private void Confirm(AckRequest confirmation)
    {
        if (_ended)
        {
            return;
        }

        var result = Node.Store.Confirm(User, Device, confirmation.Epoch, confirmation.UpTo);
        if (confirmation.Epoch == Node.Store.Epoch)
        {
            _stream?.Confirmed(confirmation.UpTo);
        }

        Node.Later(_world.Between(0, 3), () =>
        {
            Send(new AckAcknowledge(Node.Store.Epoch, result.Cursor));
            Tell(result.NewlyDelivered);
        });
        ReadOn();
    }

    private void Tell(IReadOnlyList<DeliveredMessage> delivered)
    {
        foreach (var ofSender in delivered.GroupBy(d => d.From))
        {
            Node.Later(_world.Between(0, 3), () =>
            {
                if (!Node.DiesAt(Loss.ServerDiesBeforeAckNotify))
                {
                    Node.Router.Report(Node, ofSender.Key, User, ofSender.Select(d => d.Id).ToList(), MessageState.Delivered);
                }
            });
        }
    }

    private MessageStatus Status(UserId to, MessageId id)
    {
        var mailbox = Node.Store.Mailbox(to);
        return mailbox.Find(User, id) switch
        {
            null => new MessageStatus(id, MessageState.Waiting),
            var entry when mailbox.IsDelivered(entry.Sequence) => new MessageStatus(id, MessageState.Delivered),
            _ => new MessageStatus(id, MessageState.Accepted),
        };
    }

    private void ReadOn()
    {
        if (_stream is null || _ended || !_stream.TryBeginRead(out var read))
        {
            return;
        }

        Node.Later(_world.Between(0, 10), () =>
        {
            if (_ended)
            {
                return;
            }

            var mailbox = Node.Store.Mailbox(User);
            if (_stream.PageBegins(mailbox.Position.FirstAvailable, mailbox.Last) == StreamDecision.Resynchronize)
            {
                End(ErrorCode.Resynchronize);
                return;
            }

            foreach (var entry in mailbox.Read(read.After, read.EntriesMax))
            {
                Notify(entry, _stream.Read(entry.Sequence, entry.Body.Content.Length));
            }

            ReadOn();
        });
    }

    private void Notify(Entry entry, StreamDecision decision)
    {
        if (decision is StreamDecision.Notify or StreamDecision.NotifyAgain)
        {
            Send(new MessageNotify(entry.Sequence, entry.Id, entry.From, entry.AcceptedAt, entry.Body, decision == StreamDecision.NotifyAgain));
        }
    }

    private void Leave()
    {
        _ended = true;
        Node.Router.Unregister(this);
        Node.Remove(this);
    }
}

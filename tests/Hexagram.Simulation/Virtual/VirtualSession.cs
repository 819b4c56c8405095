using Hexagram.Protocol;
using Hexagram.Simulation.Engine;
using Hexagram.Storage;

namespace Hexagram.Simulation.Virtual;

/// <summary>One connection as a node sees it: opens, answers what is asked, tells what the router knows. Its msg:N are in <see cref="VirtualStream"/>.</summary>
internal sealed class VirtualSession : IEndpoint
{
    private readonly World _world;
    private readonly Link _link;
    private readonly AppendLane _lane = new();
    private readonly Dictionary<MessageId, int> _unanswered = [];
    private readonly List<AckNotify> _reportsHeldBack = [];
    private readonly VirtualStream _stream;
    private Sequence _told;
    private bool _isWelcomed;
    private bool _ended;

    internal VirtualSession(World world, VirtualNode node, Link link)
    {
        _world = world;
        Node = node;
        _link = link;
        _stream = new VirtualStream(this);
        link.Server = this;
    }

    internal VirtualNode Node { get; }

    internal UserId User { get; private set; }

    internal DeviceId Device { get; private set; }

    internal long Connection { get; private set; }

    internal bool IsReceiving { get; private set; }

    /// <summary>Hello has come.</summary>
    internal bool IsOpen { get; private set; }

    internal bool IsLive => !_ended && Node.IsUp;

    internal World World => _world;

    private Dice Dice => Node.Dice;

    public void WhenRunning(Action action)
    {
        if (Node.IsFrozen)
        {
            _world.Tally.Count(Trouble.PacketCameAfterThaw);
        }

        Node.WhenRunning(action);
    }

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
                _unanswered[request.Id] = _unanswered.GetValueOrDefault(request.Id) + 1;
                Node.Store.Append(Node, new AppendItem(request.To, User, request.Id, request.Body, _lane), result => Answer(request, result));
                break;
            case AckRequest confirmation:
                Node.Later(Dice.Between(0, 3), () => Confirm(confirmation));
                break;
            case StatusRequest question:
                Node.Later(Dice.Between(0, 3), () => Send(new StatusAcknowledge(question.To, question.Ids.Select(id => Node.Store.Status(question.To, User, id)).ToList())));
                break;
            default:
                throw new InvalidOperationException($"A server does not expect {packet.GetType().Name}.");
        }
    }

    public void Closed() => Leave();

    /// <summary>The client has heard nothing for too long while this node was stopped.</summary>
    internal void PeerHearsNothing()
    {
        if (!_ended && Node.IsFrozen)
        {
            _link.TimeOut();
        }
    }

    internal void NodeDied(bool withItsMachine)
    {
        Leave();
        if (withItsMachine)
        {
            _link.Cut();
        }
        else
        {
            _link.CloseDown();
        }
    }

    internal void End(ErrorCode code)
    {
        if (!_ended)
        {
            Leave();
            _link.SendDown(new Goodbye(code, "", TimeSpan.Zero));
            _link.CloseDown();
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
        if (!_ended)
        {
            _stream.Hinted(entry, again);
        }
    }

    internal void Compare()
    {
        if (!_ended)
        {
            _stream.Compare();
        }
    }

    /// <summary>ack:N of a message whose msg:A has not been written waits for that; before Welcome nothing comes.</summary>
    internal void Report(AckNotify report)
    {
        if (_ended || !_isWelcomed)
        {
            return;
        }

        if (_unanswered.Count > 0 && report.Ids.Any(_unanswered.ContainsKey))
        {
            _reportsHeldBack.AddRange(report.Ids.Where(_unanswered.ContainsKey).Select(id => report with { Ids = [id] }));
            report = report with { Ids = report.Ids.Where(id => !_unanswered.ContainsKey(id)).ToList() };
        }

        if (report.Ids.Count > 0)
        {
            Send(report);
        }
    }

    // ---- opening ----------------------------------------------------------------------------

    private void Begin(Hello hello)
    {
        User = new UserId(hello.Token);
        Device = hello.Device;
        Connection = hello.Connection.Value;
        IsReceiving = hello.Window > 0;
        IsOpen = true;
        if (Node.Canary == Canary.BacklogBeforeLive)
        {
            var early = Open(hello);
            Node.Later(Dice.Between(0, 300), () => Register(hello, early));
            return;
        }

        Node.Later(Dice.Between(0, 3), () => Register(hello, null));
    }

    private void Register(Hello hello, DeviceOpening? early)
    {
        if (_ended)
        {
            return;
        }

        var registration = Node.Router.Register(Node, this);
        if (registration != Registration.Registered)
        {
            if (registration == Registration.Superseded)
            {
                _world.Tally.Count(Trouble.OlderConnectionArrivedLater);
            }

            End(registration == Registration.Superseded ? ErrorCode.Superseded : ErrorCode.Resynchronize);
            return;
        }

        // After registering: what is appended from here on is either read now or heard of.
        Node.Later(Dice.Between(0, 3), () => Welcome(hello, early ?? Open(hello)));
    }

    private DeviceOpening Open(Hello hello) => IsReceiving
        ? Node.Store.Open(new DeviceHello(User, Device, hello.Epoch, hello.Cursor, hello.Start))
        : new DeviceOpening(ErrorCode.None, Sequence.None, Sequence.None, Node.Store.Position(User), []);

    private void Welcome(Hello hello, DeviceOpening opening)
    {
        if (_ended || Node.DiesAt(Loss.ServerDiesBeforeWelcome))
        {
            return;
        }

        if (opening.Code != ErrorCode.None)
        {
            End(opening.Code);
            return;
        }

        Send(new Welcome(
            User,
            Node.Store.Epoch,
            opening.Position.FirstAvailable,
            opening.Position.Last,
            opening.ResumeAfter,
            _world.WallClock,
            new SessionLimits(1_000, 16, 16, Node.Store.Forgetting.Horizon)));
        _isWelcomed = true;
        if (IsReceiving)
        {
            _stream.Open(opening, hello);
        }

        Tell(opening.NewlyDelivered);
    }

    // ---- answering --------------------------------------------------------------------------

    private void Answer(MessageRequest request, AppendResult result)
    {
        if (_ended)
        {
            // It is committed, and there is nobody left to tell; its recipient is told all the same.
            TellRecipient(request, result);
            return;
        }

        var isAccepted = result.Outcome is AppendOutcome.New or AppendOutcome.Duplicate;
        if (isAccepted && Node.DiesAt(Loss.ServerDiesBeforeMessageAcknowledge))
        {
            return;
        }

        if (result.Outcome == AppendOutcome.Duplicate)
        {
            _world.Tally.Count(new MessageAcknowledge(request.Id, result.AcceptedAt), Mishap.Doubled);
        }

        Send(isAccepted
            ? new MessageAcknowledge(request.Id, result.AcceptedAt)
            : new Error(result.Code, "", request.Id, request.To, TimeSpan.FromMilliseconds(result.Outcome == AppendOutcome.RetryLater ? 500 : 0)));
        Settle(request.Id);
        if (result.Delivered)
        {
            Send(new AckNotify(request.To, [request.Id], MessageState.Delivered));
        }
        else if (isAccepted)
        {
            // The process may die between msg:A and msg:N.
            Node.Later(Dice.Between(0, 3), () => TellRecipient(request, result));
        }
    }

    private void TellRecipient(MessageRequest request, AppendResult result)
    {
        if (result.Outcome is not (AppendOutcome.New or AppendOutcome.Duplicate) || Node.DiesAt(Loss.ServerDiesBeforeMessageNotify))
        {
            return;
        }

        var entry = new Entry(result.Sequence, request.Id, User, result.AcceptedAt, request.Body);
        if (Node.Router.Notify(Node, request.To, entry, result.Outcome == AppendOutcome.Duplicate) == false)
        {
            Report(new AckNotify(request.To, [request.Id], MessageState.Stored));
        }
    }

    private void Settle(MessageId id)
    {
        if (--_unanswered[id] > 0)
        {
            return;
        }

        _unanswered.Remove(id);
        foreach (var report in _reportsHeldBack.Where(report => report.Ids[0] == id))
        {
            Send(report);
        }

        _reportsHeldBack.RemoveAll(report => report.Ids[0] == id);
    }

    private void Confirm(AckRequest asked)
    {
        if (_ended || Node.DiesAt(Loss.ServerDiesBeforeConfirmation))
        {
            return;
        }

        var confirmation = Node.Store.Confirm(User, Device, asked.Epoch, asked.UpTo);
        if (!confirmation.IsDeviceKnown)
        {
            // Its record has made room for another device; Hello makes it anew.
            _world.Tally.Count(Trouble.DeviceUnknownAtConfirmation);
            End(ErrorCode.Resynchronize);
            return;
        }

        if (asked.Epoch == Node.Store.Epoch)
        {
            _stream.Confirmed(Sequence.Min(confirmation.Cursor, asked.UpTo));
        }

        Node.Later(Dice.Between(0, 3), () =>
        {
            if (!_ended && !Node.DiesAt(Loss.ServerDiesBeforeAckAcknowledge))
            {
                var acknowledge = new AckAcknowledge(Node.Store.Epoch, confirmation.Cursor);
                if (acknowledge.UpTo <= _told)
                {
                    _world.Tally.Count(acknowledge, Mishap.Doubled);
                }

                _told = acknowledge.UpTo;
                Send(acknowledge);
            }
        });
        Tell(confirmation.NewlyDelivered);
    }

    private void Tell(IReadOnlyList<DeliveredMessage> delivered)
    {
        if (delivered.Count == 0)
        {
            return;
        }

        foreach (var ofSender in delivered.GroupBy(d => d.From))
        {
            var report = new AckNotify(User, ofSender.Select(d => d.Id).ToList(), MessageState.Delivered);
            Node.Later(Dice.Between(0, 3), () =>
            {
                if (!Node.DiesAt(Loss.ServerDiesBeforeAckNotify))
                {
                    Node.Router.Report(Node, ofSender.Key, report);
                }
            });
        }
    }

    private void Leave()
    {
        _ended = true;
        if (IsOpen)
        {
            Node.Router.Unregister(this);
        }

        Node.Remove(this);
    }
}

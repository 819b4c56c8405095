using Hexagram.Delivery.Incoming;
using Hexagram.Delivery.Outgoing;
using Hexagram.Protocol;

namespace Hexagram.Delivery.Tests.Traces;

/// <summary>
/// The smallest world in which a message can be lost in every way of PROTOCOL §12: the outbox of alice, the inbox of bob, and between them a server that is
/// a list and a cursor. Each packet takes 10 ms, each way back to the server 500 ms. It ends when alice's outbox is empty.
/// </summary>
internal sealed class LossWorld
{
    private const long Travel = 10;
    private const long Absence = 500;
    private const int MessagesSent = 2;

    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly Epoch Epoch = new(1);

    private readonly Queue<Loss> _losses;
    private readonly PriorityQueue<Action, (long At, long Order)> _happenings = new();
    private readonly List<MessageId> _mailbox = [];
    private readonly List<MessageId> _handled = [];
    private readonly HashSet<MessageId> _seen = [];
    private long _order;
    private long _now;
    private long _confirmed;
    private int _aliceConnection;
    private int _bobConnection;
    private bool _aliceIsHere;
    private bool _bobIsHere;
    private int _delivered;

    internal LossWorld(params IEnumerable<Loss> losses) => _losses = new Queue<Loss>(losses);

    internal OutboxRecorder Outbox { get; } = new();

    internal InboxRecorder Inbox { get; } = new();

    /// <summary>What bob's application was given, in order.</summary>
    internal IReadOnlyList<MessageId> Handled => _handled;

    internal void Run()
    {
        ComeBack(Alice);
        ComeBack(Bob);
        for (var number = 1; number <= MessagesSent; number++)
        {
            var next = number;
            Happen(100 + number, () => Do(Outbox.Add(next, Bob)));
        }

        while (_delivered < MessagesSent)
        {
            Invariant.Holds(_now < 600_000, "a world with two losses is done within ten minutes");
            var due = Outbox.NextDeadline ?? long.MaxValue;
            if (_happenings.TryPeek(out _, out var first) && first.At <= due)
            {
                Outbox.Now = _now = first.At;
                _happenings.Dequeue()();
            }
            else
            {
                Outbox.Now = _now = due;
                Do(Outbox.Advance());
            }
        }
    }

    // ---- connections ----------------------------------------------------------------------

    private void ComeBack(UserId user) => Happen(Absence, () =>
    {
        if (user == Alice)
        {
            _aliceIsHere = true;
            Do(Outbox.Connected());
            return;
        }

        // Its Hello says where it stands; the server goes on from there.
        _bobIsHere = true;
        _confirmed = Math.Max(_confirmed, Inbox.Cursor.Value);
        var resumeAfter = Inbox.Cursor;
        Inbox.Welcomed(Epoch, resumeAfter);
        for (var sequence = resumeAfter.Value + 1; sequence <= _mailbox.Count; sequence++)
        {
            Notify(sequence);
        }
    });

    private void Cut(UserId user)
    {
        if (user == Alice && _aliceIsHere)
        {
            _aliceConnection++;
            _aliceIsHere = false;
            Do(Outbox.Disconnected());
            ComeBack(Alice);
        }
        else if (user == Bob && _bobIsHere)
        {
            _bobConnection++;
            _bobIsHere = false;
            ComeBack(Bob);
        }
    }

    private bool ServerDies(Loss loss)
    {
        if (!Strikes(loss))
        {
            return false;
        }

        Cut(Alice);
        Cut(Bob);
        return true;
    }

    // ---- the sender -----------------------------------------------------------------------

    private void Do(IReadOnlyList<OutboxEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case OutboxEffect.MarkTransmitted(var entries):
                    Happen(1, () => Do(Outbox.Marked(entries)));
                    break;
                case OutboxEffect.Transmit(var entry):
                    Pass(Alice, Loss.MessageRequest, () => Requested(entry.Id));
                    break;
                case OutboxEffect.AskStatus(_, var ids):
                    Pass(Alice, null, () => Pass(Alice, null, () => Do(Outbox.StatusReported([.. ids.Select(Status)]))));
                    break;
                case OutboxEffect.Delivered:
                    _delivered++;
                    break;
                case OutboxEffect.Reconnect:
                    Cut(Alice);
                    break;
            }
        }
    }

    // ---- the server -----------------------------------------------------------------------

    private void Requested(MessageId id)
    {
        var isNew = !_mailbox.Contains(id);
        if (isNew)
        {
            _mailbox.Add(id);
        }

        if (ServerDies(Loss.ServerBeforeMessageAcknowledge))
        {
            return;
        }

        Pass(Alice, Loss.MessageAcknowledge, () => Do(Outbox.Acknowledged(id)));
        var sequence = _mailbox.IndexOf(id) + 1;
        if (ServerDies(Loss.ServerBeforeMessageNotify))
        {
            return;
        }

        if (sequence <= _confirmed)
        {
            Report(id, MessageState.Delivered);
        }
        else if (_bobIsHere)
        {
            Notify(sequence);
        }
        else
        {
            Report(id, MessageState.Stored);
        }
    }

    private void Notify(long sequence) => Pass(Bob, Loss.MessageNotify, () => Notified(sequence), cuts: false);

    private void Confirmed(long upTo)
    {
        Pass(Bob, Loss.AckAcknowledge, () => { });
        var newly = _mailbox.Take((int)upTo).Skip((int)_confirmed).ToList();
        _confirmed = Math.Max(_confirmed, upTo);
        if (!ServerDies(Loss.ServerBeforeAckNotify))
        {
            newly.ForEach(id => Report(id, MessageState.Delivered));
        }
    }

    private void Report(MessageId id, MessageState state) => Pass(Alice, Loss.AckNotify, () => Do(Outbox.Reported([id], state)), cuts: false);

    private MessageStatus Status(MessageId id)
    {
        var sequence = _mailbox.IndexOf(id) + 1;
        return new MessageStatus(id, sequence == 0 ? MessageState.Waiting : sequence <= _confirmed ? MessageState.Delivered : _bobIsHere ? MessageState.Accepted : MessageState.Stored);
    }

    // ---- the recipient --------------------------------------------------------------------

    private void Notified(long sequence)
    {
        switch (Inbox.Notified(new Sequence(sequence)))
        {
            case InboxDecision.Take:
                Handle(sequence);
                break;
            case InboxDecision.ConfirmAgain:
                Confirm(new AckRequest(Epoch, Inbox.Cursor));
                break;
            case InboxDecision.Reconnect:
                Cut(Bob);
                break;
        }
    }

    private void Handle(long sequence)
    {
        if (Strikes(Loss.RecipientBeforeCommit))
        {
            Inbox.Open(Inbox.Epoch, Inbox.Cursor);
            Cut(Bob);
            return;
        }

        // The handler's effect, the seen mark and the cursor are committed together.
        if (_seen.Add(_mailbox[(int)sequence - 1]))
        {
            _handled.Add(_mailbox[(int)sequence - 1]);
        }

        if (Strikes(Loss.RecipientAfterCommit))
        {
            Inbox.Open(Inbox.Epoch, new Sequence(sequence));
            Cut(Bob);
        }
        else if (Inbox.Committed(Epoch, new Sequence(sequence)) is { } confirmation)
        {
            Confirm(confirmation);
        }
    }

    private void Confirm(AckRequest confirmation) => Pass(Bob, Loss.AckRequest, () => Confirmed(confirmation.UpTo.Value));

    // ---- the network ----------------------------------------------------------------------

    /// <summary>A packet of one's connection, in either direction; it does not outlive the connection.</summary>
    private void Pass(UserId user, Loss? loss, Action arrives, bool cuts = true)
    {
        if (user == Alice ? !_aliceIsHere : !_bobIsHere)
        {
            return;
        }

        if (loss is { } kind && Strikes(kind))
        {
            if (cuts)
            {
                Cut(user);
            }

            return;
        }

        var connection = user == Alice ? _aliceConnection : _bobConnection;
        Happen(Travel, () =>
        {
            if (connection == (user == Alice ? _aliceConnection : _bobConnection))
            {
                arrives();
            }
        });
    }

    private bool Strikes(Loss loss)
    {
        if (!_losses.TryPeek(out var next) || next != loss)
        {
            return false;
        }

        _losses.Dequeue();
        return true;
    }

    private void Happen(long after, Action happens) => _happenings.Enqueue(happens, (_now + after, ++_order));
}

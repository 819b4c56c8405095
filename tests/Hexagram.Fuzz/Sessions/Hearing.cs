using Hexagram.Fuzz.Engine;
using Hexagram.Protocol;

namespace Hexagram.Fuzz.Sessions;

/// <summary>
/// What one hostile client hears, and whether it may hear that: nothing before Welcome but a Goodbye, nothing after a Goodbye, entries
/// in sequence without a hole, answers to what was asked and to nothing else.
/// </summary>
internal sealed class Hearing(Peer peer, Observations seen)
{
    private const int PacketBytesMax = ProtocolLimits.BodyBytesMaxCeiling + ProtocolLimits.PacketOverheadBytes;

    private readonly Dictionary<MessageId, int> _asked = [];
    private int _last;
    private bool _saidAnything;
    private bool _welcomed;
    private bool _over;
    private long _sequence;

    /// <summary>This is being sent.</summary>
    public void Said(Packet packet)
    {
        _last = packet.GetType().Name.Length + 1_000;
        if (packet is MessageRequest request)
        {
            _asked[request.Id] = _asked.GetValueOrDefault(request.Id) + 1;
        }
    }

    /// <summary>Something was sent that nobody has looked at.</summary>
    public void SaidAnything() => _saidAnything = true;

    /// <summary>Hears what has come.</summary>
    public void Read() => Hear(peer.ReadNow(PacketBytesMax));

    /// <summary>Says no more, and hears the rest.</summary>
    public async Task EndAsync()
    {
        using (peer)
        {
            peer.FinishSending();
            while (await peer.ReadAsync(PacketBytesMax) is { Count: > 0 } packets)
            {
                Hear(packets);
            }
        }
    }

    private void Hear(IReadOnlyList<Packet> packets)
    {
        foreach (var packet in packets)
        {
            BrokenPromiseException.Unless(!_over, $"After its Goodbye the server says {packet.GetType().Name}.");
            BrokenPromiseException.Unless(_welcomed || packet is Welcome or Goodbye, $"Before its Welcome the server says {packet.GetType().Name}.");
            Hear(packet);
            var detail = packet switch { Goodbye goodbye => (int)goodbye.Code, Error error => (int)error.Code, AckNotify report => (int)report.State, _ => packet.GetType().Name.Length };
            seen.Saw((_last * 8191) + detail);
            _last = detail;
        }
    }

    private void Hear(Packet packet)
    {
        switch (packet)
        {
            case Welcome welcome:
                BrokenPromiseException.Unless(!_welcomed, "A second Welcome came.");
                _welcomed = true;
                _sequence = welcome.ResumeAfter.Value;
                break;
            case Goodbye:
                _over = true;
                break;
            case MessageNotify { Redelivered: true } again:
                BrokenPromiseException.Unless(again.Sequence.Value <= _sequence, "An entry is called redelivered that never came.");
                break;
            case MessageNotify entry:
                // A confirmation beyond what was notified moves the stream on: the client says that it has the rest.
                BrokenPromiseException.Unless(entry.Sequence.Value > _sequence, $"Entry {entry.Sequence} came after {_sequence}.");
                _sequence = entry.Sequence.Value;
                break;
            case MessageAcknowledge accepted:
                Answered(accepted.Id);
                break;
            case Error refused:
                Answered(refused.Id);
                break;
            case AckAcknowledge or AckNotify or StatusAcknowledge or Ping or Pong:
                break;
            default:
                throw new BrokenPromiseException($"The server says {packet.GetType().Name}, which is for clients to say.");
        }
    }

    private void Answered(MessageId id)
    {
        var open = _asked.GetValueOrDefault(id) - 1;
        BrokenPromiseException.Unless(open >= 0 || _saidAnything, $"{id} was answered more often than it was asked.");
        _asked[id] = open;
    }
}

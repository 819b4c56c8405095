using BenchmarkDotNet.Attributes;
using Hexagram.Delivery.Incoming;
using Hexagram.Delivery.Outgoing;
using Hexagram.Delivery.Streams;
using Hexagram.Protocol;

namespace Hexagram.Microbenchmarks.Delivery;

/// <summary>The pure machines: what one message costs each from its first event to its last.</summary>
public class DeliveryBenchmarks
{
    private readonly Outbox _outbox = new(new OutboxOptions(), new Random(1));
    private readonly Inbox _inbox = new(Samples.Epoch, Sequence.None);
    private readonly DeliveryStream _stream = new(Sequence.None, Sequence.None, window: 256, windowBytes: 4 << 20);
    private long _number;
    private Sequence _received;
    private Sequence _notified;

    [GlobalSetup]
    public void Connect()
    {
        _outbox.Connected(requestsInFlightMax: 256, TimeSpan.Zero);
        _inbox.Welcomed(Samples.Epoch, Sequence.None);
    }

    /// <summary>Added, marked, transmitted, accepted, delivered, a thousand in a second of the clock's, so that timers come due.</summary>
    [Benchmark]
    public int OutboxMessage()
    {
        var now = TimeSpan.FromMilliseconds(++_number);
        var entry = new OutboxEntry(_number, Samples.NewId(), Samples.Bob);
        _outbox.Add(entry, now);
        var effects = CarryOut(now);
        _outbox.Acknowledged(entry.Id, now);
        effects += CarryOut(now);
        _outbox.Reported([entry.Id], MessageState.Delivered, now);
        effects += CarryOut(now);
        _outbox.Advance(now);
        return effects + CarryOut(now);
    }

    /// <summary>Taken and committed.</summary>
    [Benchmark]
    public AckRequest? InboxMessage()
    {
        _received = _received.Next;
        return _inbox.Notified(_received) == InboxDecision.Take ? _inbox.Committed(Samples.Epoch, _received) : throw new InvalidOperationException("The next entry was not taken.");
    }

    /// <summary>Notified and confirmed.</summary>
    [Benchmark]
    public StreamDecision DeliveryStreamMessage()
    {
        _notified = _notified.Next;
        var decision = _stream.Arrived(_notified, Samples.Text.Content.Length);
        _stream.Confirmed(_notified);
        return decision;
    }

    private int CarryOut(TimeSpan now)
    {
        var effects = 0;
        for (; _outbox.TryTakeEffect(out var effect); effects++)
        {
            if (effect is OutboxEffect.MarkTransmitted mark)
            {
                _outbox.Marked(mark.Entries, now);
            }
        }

        return effects;
    }
}

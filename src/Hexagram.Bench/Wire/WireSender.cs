using System.Diagnostics;
using Hexagram.Bench.Load;
using Hexagram.Protocol;

namespace Hexagram.Bench.Wire;

/// <summary>A device that only sends: one stream of messages to each of its recipients, in turns.</summary>
/// <param name="loop">The loop.</param>
/// <param name="token">Of its user.</param>
/// <param name="streams">Its streams; one or more.</param>
/// <param name="traffic">What all senders share.</param>
internal sealed class WireSender(WireLoop loop, string token, IReadOnlyList<WireStream> streams, WireTraffic traffic) : WireConnection(loop)
{
    private static readonly DeviceId Device = new("phone");

    private readonly byte[] _body = new byte[traffic.BodyBytes];
    private int _sent;
    private int _accepted;
    private int _delivered;
    private long _welcomedAt;

    /// <summary>Sends one message now.</summary>
    /// <param name="intendedAt">When it should have left, as a timestamp of Stopwatch.</param>
    public void Send(long intendedAt)
    {
        Put(intendedAt);
        Flush();
    }

    /// <summary>Sends as many as the window allows; the answers bring the next.</summary>
    public void Begin()
    {
        Answer();
        Flush();
    }

    /// <inheritdoc/>
    protected override Hello Hello(string software) => new(token, Device, new ConnectionNumber(1), Epoch.None, Sequence.None, 0, 0, StreamStart.Latest, software);

    /// <inheritdoc/>
    protected override void Take(Packet packet)
    {
        switch (packet)
        {
            case MessageAcknowledge acknowledge:
                Accepted(acknowledge.Id);
                break;
            case AckNotify { State: MessageState.Delivered } notify:
                for (var index = 0; index < notify.Ids.Count; index++)
                {
                    Delivered(notify.Ids[index]);
                }

                break;
            case Hexagram.Protocol.Welcome:
                _welcomedAt = Stopwatch.GetTimestamp();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Answer()
    {
        while (_sent - (traffic.UntilAccepted ? _accepted : _delivered) < traffic.Window && _sent < (long)traffic.MessagesMax * streams.Count)
        {
            Put(Stopwatch.GetTimestamp());
        }
    }

    private void Put(long begunAt)
    {
        var stream = streams[_sent++ % streams.Count];
        var number = stream.Flights.Add(begunAt);
        traffic.Sent++;
        NumberedBody.Write(_body, stream.Number, number);
        Body.TryCreate(_body, "", out var body);
        var now = Welcome!.ServerTime + Stopwatch.GetElapsedTime(_welcomedAt);
        Write(new MessageRequest(traffic.Ids.Make(now, stream.Number, number), stream.To, body));
    }

    private void Accepted(MessageId id)
    {
        if (StreamOf(id, out var number) is not { } stream || !stream.Flights.Accept(number))
        {
            traffic.Findings.Add($"The server accepted message {id}, which was not sent here or was accepted before.");
            return;
        }

        _accepted++;
        traffic.Accepted++;
    }

    private void Delivered(MessageId id)
    {
        if (StreamOf(id, out var number) is not { } stream || !stream.Flights.IsAccepted(number))
        {
            traffic.Findings.Add($"Message {id} was called delivered before it was accepted.");
            return;
        }

        if (!traffic.Arrivals.Has(stream.Number, number))
        {
            traffic.Findings.Add($"Stream {stream.Number}: message {number} was called delivered before its recipient had it.");
        }

        // It may be said twice; the first time counts.
        if (stream.Flights.Deliver(number, out var begunAt))
        {
            _delivered++;
            traffic.Confirm(begunAt);
        }
    }

    /// <summary>Which of its streams a message is of; null when of none.</summary>
    private WireStream? StreamOf(MessageId id, out int number)
    {
        (var of, number) = NumberedId.Read(id);

        // Streams are dealt to the senders like cards.
        var index = (of - streams[0].Number) / traffic.Senders;
        return (uint)index < (uint)streams.Count && streams[index].Number == of ? streams[index] : null;
    }
}

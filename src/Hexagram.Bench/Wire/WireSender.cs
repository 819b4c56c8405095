using System.Diagnostics;
using Hexagram.Bench.Load;
using Hexagram.Protocol;

namespace Hexagram.Bench.Wire;

/// <summary>A device that only sends: one stream of messages to one user.</summary>
/// <param name="loop">The loop.</param>
/// <param name="token">Of its user.</param>
/// <param name="stream">The stream.</param>
/// <param name="traffic">What all senders share.</param>
internal sealed class WireSender(WireLoop loop, string token, WireStream stream, WireTraffic traffic) : WireConnection(loop)
{
    private static readonly DeviceId Device = new("phone");

    private readonly byte[] _body = new byte[traffic.BodyBytes];
    private readonly Flights _flights = new();
    private long _welcomedAt;

    /// <summary>How far its messages are.</summary>
    public Flights Flights => _flights;

    /// <summary>Its stream.</summary>
    public WireStream Stream => stream;

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
        while (traffic.MaySend(_flights))
        {
            Put(Stopwatch.GetTimestamp());
        }
    }

    private void Put(long begunAt)
    {
        var number = _flights.Add(begunAt);
        traffic.Sent++;
        NumberedBody.Write(_body, stream.Number, number);
        Body.TryCreate(_body, "", out var body);
        var now = Welcome!.ServerTime + Stopwatch.GetElapsedTime(_welcomedAt);
        Write(new MessageRequest(traffic.Ids.Make(now, stream.Number, number), stream.To, body));
    }

    private void Accepted(MessageId id)
    {
        if (!IsOwn(id, out var number) || !_flights.Accept(number))
        {
            traffic.Findings.Add($"Stream {stream.Number}: the server accepted message {number}, which was not sent or was accepted before.");
            return;
        }

        traffic.Accepted++;
    }

    private void Delivered(MessageId id)
    {
        if (!IsOwn(id, out var number) || !_flights.IsAccepted(number))
        {
            traffic.Findings.Add($"Stream {stream.Number}: message {number} was called delivered before it was accepted.");
            return;
        }

        if (traffic.Arrivals.Of(stream.Number) <= number)
        {
            traffic.Findings.Add($"Stream {stream.Number}: message {number} was called delivered before its recipient had it.");
        }

        // It may be said twice; the first time counts.
        if (_flights.Deliver(number, out var begunAt))
        {
            traffic.Confirm(begunAt);
        }
    }

    private bool IsOwn(MessageId id, out int number)
    {
        (var of, number) = NumberedId.Read(id);
        return of == stream.Number;
    }
}

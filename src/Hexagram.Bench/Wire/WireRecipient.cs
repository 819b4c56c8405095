using Hexagram.Protocol;

namespace Hexagram.Bench.Wire;

/// <summary>
/// A device that takes what comes and confirms it at once, as an application does whose handler costs nothing: everything that came with one read
/// with one ack:R. It keeps its cursor over connections.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="token">Of its user.</param>
/// <param name="traffic">Verifies what comes.</param>
internal sealed class WireRecipient(WireLoop loop, string token, WireTraffic traffic) : WireConnection(loop)
{
    private static readonly DeviceId Device = new("phone");

    private Epoch _epoch;
    private Sequence _received;
    private Sequence _cursor;
    private long _connections;
    private bool _mustConfirm;

    /// <summary>Whether the server has noted all that it has taken.</summary>
    public bool IsConfirmed => _cursor == _received;

    /// <inheritdoc/>
    protected override Hello Hello(string software) => new(
        token, Device, new ConnectionNumber(++_connections), _epoch, _received, ProtocolLimits.WindowMaxDefault, ProtocolLimits.WindowBytesDefault, StreamStart.Oldest, software);

    /// <inheritdoc/>
    protected override void Take(Packet packet)
    {
        switch (packet)
        {
            case MessageNotify notify:
                Take(notify);
                break;
            case AckAcknowledge acknowledge:
                _cursor = acknowledge.UpTo;
                break;
            case Welcome welcome:
                Begin(welcome);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Answer()
    {
        if (_mustConfirm)
        {
            _mustConfirm = false;
            Write(new AckRequest(_epoch, _received));
        }
    }

    private void Begin(Welcome welcome)
    {
        if (_epoch != Epoch.None && (welcome.Epoch != _epoch || welcome.ResumeAfter != _received))
        {
            traffic.Findings.Add($"{welcome.User} has everything up to {_received}, and the server goes on after {welcome.ResumeAfter}.");
        }

        _epoch = welcome.Epoch;
        _received = welcome.ResumeAfter;
        _cursor = _received;
    }

    private void Take(MessageNotify notify)
    {
        _mustConfirm = true;
        if (notify.Sequence == _received.Next)
        {
            _received = notify.Sequence;
            traffic.Taken++;
            traffic.Arrivals.Take(notify.Body);
        }
        else if (notify.Sequence > _received)
        {
            traffic.Findings.Add($"Entry {notify.Sequence} of {Welcome!.User} came after entry {_received}.");
        }
        else if (!notify.Redelivered)
        {
            traffic.Findings.Add($"Entry {notify.Sequence} of {Welcome!.User} came again, and did not say so.");
        }
    }
}

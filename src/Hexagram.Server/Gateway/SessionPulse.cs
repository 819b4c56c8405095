using Hexagram.Server.Options;

namespace Hexagram.Server.Gateway;

/// <summary>What the silence of a client asks for.</summary>
internal enum PulseDecision
{
    Nothing,
    Ping,
    Idle,
    HelloTimeout,
    OpeningTimeout,
}

/// <summary>
/// How long a client has been silent, and what to do about it (PROTOCOL §9). Written by the reader, read by the clock; a torn
/// view costs a second.
/// </summary>
/// <remarks>Before Hello the client must speak; then the server must, and nothing but a Goodbye may come before its Welcome; then the heartbeat begins.</remarks>
internal sealed class SessionPulse(SessionTimes times, TimeProvider time)
{
    private long _heardAt = time.GetTimestamp();
    private long _phaseBegan = time.GetTimestamp();
    private volatile Phase _phase;
    private long _pingedAt;
    private volatile bool _notReading;

    private enum Phase
    {
        BeforeHello,
        Opening,
        Welcomed,
    }

    /// <summary>The reader waits for room.</summary>
    public bool IsNotReading => _notReading;

    /// <summary>Bytes have come, or could come again.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        _notReading = false;
    }

    /// <summary>Hello has come: it is the server's turn.</summary>
    public void HelloCame() => Begin(Phase.Opening);

    /// <summary>Welcome is written. The silence until then was asked for.</summary>
    public void Welcomed()
    {
        Heard();
        Begin(Phase.Welcomed);
    }

    /// <summary>From now on the silence is the server's own.</summary>
    public void StopsReading() => _notReading = true;

    /// <summary>What to do now.</summary>
    public PulseDecision Beat()
    {
        var now = time.GetTimestamp();
        switch (_phase)
        {
            case Phase.BeforeHello:
                return IsOver(times.HelloTimeout, now) ? PulseDecision.HelloTimeout : PulseDecision.Nothing;
            case Phase.Opening:
                return IsOver(times.OpeningTimeout, now) ? PulseDecision.OpeningTimeout : PulseDecision.Nothing;
        }

        var heardAt = Volatile.Read(ref _heardAt);
        if (_notReading)
        {
            return PulseDecision.Nothing;
        }

        if (time.GetElapsedTime(heardAt, now) >= times.SilenceMax)
        {
            return PulseDecision.Idle;
        }

        if (time.GetElapsedTime(Math.Max(heardAt, _pingedAt), now) < times.PingAfter)
        {
            return PulseDecision.Nothing;
        }

        _pingedAt = now;
        return PulseDecision.Ping;
    }

    private bool IsOver(TimeSpan phaseMax, long now) => time.GetElapsedTime(Volatile.Read(ref _phaseBegan), now) >= phaseMax;

    private void Begin(Phase phase)
    {
        Volatile.Write(ref _phaseBegan, time.GetTimestamp());
        _phase = phase;
    }
}

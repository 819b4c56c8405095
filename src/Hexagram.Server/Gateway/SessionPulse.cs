using Hexagram.Server.Options;

namespace Hexagram.Server.Gateway;

/// <summary>What the silence of a client asks for.</summary>
internal enum PulseDecision
{
    Nothing,
    Ping,
    Idle,
    HelloTimeout,
}

/// <summary>
/// How long a client has been silent, and what to do about it (PROTOCOL §9). Written by the reader, read by the clock; a torn
/// view costs a second.
/// </summary>
internal sealed class SessionPulse(SessionTimes times, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private long _heardAt = time.GetTimestamp();
    private long _pingedAt;
    private volatile bool _notReading;

    /// <summary>The reader waits for room.</summary>
    public bool IsNotReading => _notReading;

    /// <summary>Bytes have come, or could come again.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        _notReading = false;
    }

    /// <summary>From now on the silence is the server's own.</summary>
    public void StopsReading() => _notReading = true;

    /// <summary>What to do now.</summary>
    public PulseDecision Beat(bool welcomed)
    {
        var now = time.GetTimestamp();
        if (!welcomed)
        {
            return time.GetElapsedTime(_began, now) >= times.HelloTimeout ? PulseDecision.HelloTimeout : PulseDecision.Nothing;
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
}

using System.Diagnostics;

namespace Hexagram.Bench.Measuring;

/// <summary>Which part of a run is measured: the messages whose time began in it. Thread-safe.</summary>
public sealed class MeasuredPart
{
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;

    /// <summary>From the call, or the intended time of sending, to the sixth line.</summary>
    public Latencies Latencies { get; } = new();

    /// <summary>It begins now.</summary>
    public void Begin() => Volatile.Write(ref _from, Stopwatch.GetTimestamp());

    /// <summary>It ends now; what is under way still counts.</summary>
    public void End() => Volatile.Write(ref _to, Stopwatch.GetTimestamp());

    /// <summary>A message is confirmed now.</summary>
    /// <param name="begunAt">When its time began, as a timestamp of Stopwatch.</param>
    public void Confirm(long begunAt)
    {
        if (begunAt >= Volatile.Read(ref _from) && begunAt < Volatile.Read(ref _to))
        {
            Latencies.Record(Stopwatch.GetElapsedTime(begunAt));
        }
    }
}

using HdrHistogram;

namespace Hexagram.Bench.Measuring;

/// <summary>Latencies of messages whose time began in the measured part. Thread-safe.</summary>
public sealed class Latencies
{
    private const int Digits = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly LongHistogram _ticks = new(1, Longest.Ticks, Digits);

    /// <summary>How many there are.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _ticks.TotalCount;
            }
        }
    }

    /// <summary>A message took so long.</summary>
    public void Record(TimeSpan took)
    {
        lock (_gate)
        {
            _ticks.RecordValue(Math.Clamp(took.Ticks, 1, Longest.Ticks));
        }
    }

    /// <summary>So many per cent took at most so long, to three digits.</summary>
    /// <param name="percent">0 to 100.</param>
    public TimeSpan Percentile(double percent)
    {
        lock (_gate)
        {
            return TimeSpan.FromTicks(_ticks.TotalCount == 0 ? 0 : _ticks.GetValueAtPercentile(percent));
        }
    }

    /// <summary>How many took more than <paramref name="from"/> and at most <paramref name="to"/>.</summary>
    public long CountBetween(TimeSpan from, TimeSpan to)
    {
        lock (_gate)
        {
            return _ticks.RecordedValues()
                .Where(value => value.ValueIteratedTo > from.Ticks && value.ValueIteratedTo <= to.Ticks)
                .Sum(value => value.CountAddedInThisIterationStep);
        }
    }
}

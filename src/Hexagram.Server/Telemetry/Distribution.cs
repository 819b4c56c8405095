using System.Diagnostics.Metrics;
using System.Globalization;

namespace Hexagram.Server.Telemetry;

/// <summary>What one histogram has recorded, in the buckets that it advises. Thread-safe.</summary>
internal sealed class Distribution
{
    private readonly Lock _gate = new();
    private readonly double[] _boundaries;
    private readonly long[] _counts;
    private double _sum;

    private Distribution(IEnumerable<double> boundaries)
    {
        _boundaries = [.. boundaries];
        _counts = new long[_boundaries.Length + 1];
    }

    /// <summary>For an instrument; null when it is no histogram.</summary>
    public static Distribution? Of(Instrument instrument) => instrument switch
    {
        Histogram<double> histogram => new(histogram.Advice?.HistogramBucketBoundaries ?? []),
        Histogram<long> histogram => new((histogram.Advice?.HistogramBucketBoundaries ?? []).Select(boundary => (double)boundary)),
        _ => null,
    };

    /// <summary>One more value. A boundary belongs to the bucket below it.</summary>
    public void Record(double value)
    {
        var place = Array.BinarySearch(_boundaries, value);
        lock (_gate)
        {
            _counts[place < 0 ? ~place : place]++;
            _sum += value;
        }
    }

    /// <summary>The lines of it as Prometheus has them: each bucket holds those below it as well.</summary>
    public IEnumerable<string> Lines(string name)
    {
        long[] counts;
        double sum;
        lock (_gate)
        {
            (counts, sum) = ([.. _counts], _sum);
        }

        var below = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            below += counts[i];
            var boundary = i < _boundaries.Length ? _boundaries[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            yield return string.Create(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{boundary}\"}} {below}\n");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"{name}_sum {sum}\n");
        yield return string.Create(CultureInfo.InvariantCulture, $"{name}_count {below}\n");
    }
}

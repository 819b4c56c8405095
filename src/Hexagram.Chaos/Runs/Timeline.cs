namespace Hexagram.Chaos.Runs;

/// <summary>What happened in one second of a run.</summary>
/// <param name="Sent">Messages whose SendAsync returned.</param>
/// <param name="Delivered">Messages whose sender was told that they are delivered.</param>
/// <param name="P50">Half of those took at most so long, from the call to that word.</param>
/// <param name="P99">99 of 100 of those took at most so long.</param>
public readonly record struct TimelineSecond(int Sent, int Delivered, TimeSpan P50, TimeSpan P99);

/// <summary>Counts what happens, second by second. Used under the lock of its <see cref="Recorder"/>.</summary>
internal sealed class Timeline
{
    private readonly List<int> _sent = [];
    private readonly List<List<float>> _confirmations = [];

    public void Sent(TimeSpan at) => _sent[IndexOf(at)]++;

    /// <summary>A sender was told that its message is delivered, so long after its call.</summary>
    public void Delivered(TimeSpan at, TimeSpan took) => _confirmations[IndexOf(at)].Add((float)took.TotalMilliseconds);

    /// <summary>Every second until now.</summary>
    public IReadOnlyList<TimelineSecond> Read() =>
        [.. _sent.Zip(_confirmations, (sent, took) => new TimelineSecond(sent, took.Count, Percentile(took, 50), Percentile(took, 99)))];

    /// <summary>The time that so many per cent of all confirmations took at most.</summary>
    public IReadOnlyList<TimeSpan> ReadPercentiles(params IReadOnlyList<double> percents)
    {
        var all = _confirmations.SelectMany(second => second).ToList();
        all.Sort();
        return [.. percents.Select(percent => OfSorted(all, percent))];
    }

    private static TimeSpan Percentile(List<float> took, double percent)
    {
        took.Sort();
        return OfSorted(took, percent);
    }

    private static TimeSpan OfSorted(List<float> sorted, double percent) =>
        sorted.Count == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Count) - 1, 0, sorted.Count - 1)]);

    private int IndexOf(TimeSpan at)
    {
        var second = Math.Max(0, (int)at.TotalSeconds);
        while (_sent.Count <= second)
        {
            _sent.Add(0);
            _confirmations.Add([]);
        }

        return second;
    }
}

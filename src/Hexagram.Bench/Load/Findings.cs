namespace Hexagram.Bench.Load;

/// <summary>What a run must not find; one finding and the run has failed. Thread-safe.</summary>
public sealed class Findings
{
    private const int TextsMax = 20;

    private readonly Lock _gate = new();
    private readonly List<string> _texts = [];
    private long _count;

    /// <summary>Nothing was found.</summary>
    public bool IsClean => Volatile.Read(ref _count) == 0;

    /// <summary>How many there are.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_gate)
            {
                return [.. _texts];
            }
        }
    }

    /// <summary>Adds <paramref name="times"/> of the same; none if it is 0.</summary>
    public void Add(string text, long times = 1)
    {
        lock (_gate)
        {
            _count += times;
            if (times > 0 && _texts.Count < TextsMax)
            {
                _texts.Add(text);
            }
        }
    }
}

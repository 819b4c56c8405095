using Hexagram.Protocol;

namespace Hexagram.Bench.Load;

/// <summary>
/// Verifies that every message of every stream arrives once and in order. A stream is what one device sends to one user; it is taken from by
/// one caller at a time.
/// </summary>
internal sealed class Arrivals
{
    private readonly Findings _findings;
    private readonly int[] _next;
    private readonly Dictionary<int, SortedSet<int>> _missing = [];
    private volatile bool _isAnyMissing;

    /// <summary>Nothing has arrived.</summary>
    public Arrivals(int streams, Findings findings)
    {
        _next = new int[streams];
        _findings = findings;
    }

    /// <summary>Whether a message has arrived. Thread-safe.</summary>
    public bool Has(int stream, int number) => number < Volatile.Read(ref _next[stream]) && !(_isAnyMissing && IsMissing(stream, number));

    /// <summary>A message has arrived that was not on this connection before.</summary>
    public void Take(Body body)
    {
        if (!NumberedBody.TryRead(body.Content.Span, out var stream, out var number) || (uint)stream >= (uint)_next.Length)
        {
            _findings.Add("A message arrived that nobody has sent.");
            return;
        }

        if (number == _next[stream])
        {
            Volatile.Write(ref _next[stream], number + 1);
            return;
        }

        Misplaced(stream, number);
    }

    /// <summary>Compares with what was sent, when everything has had its time to arrive.</summary>
    public void Verify(int stream, int sent)
    {
        lock (_missing)
        {
            var lost = sent - _next[stream] + (_missing.TryGetValue(stream, out var missing) ? missing.Count : 0);
            _findings.Add($"Stream {stream}: {lost} of {sent} messages have not arrived.", lost);
        }
    }

    private bool IsMissing(int stream, int number)
    {
        lock (_missing)
        {
            return _missing.TryGetValue(stream, out var missing) && missing.Contains(number);
        }
    }

    private void Misplaced(int stream, int number)
    {
        lock (_missing)
        {
            if (!_missing.TryGetValue(stream, out var missing))
            {
                _missing[stream] = missing = [];
            }

            for (; _next[stream] < number; _next[stream]++)
            {
                _isAnyMissing = true;
                missing.Add(_next[stream]);
            }

            if (number == _next[stream])
            {
                // Those that it has overtaken are lost unless they come; then they are reordered.
                _next[stream]++;
            }
            else
            {
                _findings.Add(missing.Remove(number)
                    ? $"Stream {stream}: message {number} arrived after a later one."
                    : $"Stream {stream}: message {number} arrived twice.");
            }
        }
    }
}

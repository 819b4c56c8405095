using Hexagram.Protocol;

namespace Hexagram.Cli.Demonstrating;

/// <summary>
/// What really happened to every message of a demonstration: counted where it is sent, where it is handled and where its sender is told, and compared at the
/// end. Knows nothing of how the product works. Thread-safe.
/// </summary>
internal sealed class DemoLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MessageId, SentRow> _sent = [];
    private readonly Dictionary<MessageId, int> _timesHandled = [];
    private readonly List<(MessageId Id, string Text)> _handled = [];
    private int _delivered;

    /// <summary><c>SendAsync</c> returned: from here on it may not be lost.</summary>
    /// <param name="id">The message.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="number">Its place among those of its sender, counted from 1.</param>
    /// <param name="text">What it says.</param>
    public void Sent(MessageId id, UserId from, long number, string text)
    {
        lock (_gate)
        {
            _sent.Add(id, new SentRow(from, number, text));
        }
    }

    /// <summary>A sender was told that a message is delivered.</summary>
    public void Delivered()
    {
        lock (_gate)
        {
            _delivered++;
        }
    }

    /// <summary>The recipient's application has handled a message; possibly before its sender's call has returned.</summary>
    public void Handled(MessageId id, string text)
    {
        lock (_gate)
        {
            _timesHandled[id] = _timesHandled.GetValueOrDefault(id) + 1;
            _handled.Add((id, text));
        }
    }

    /// <summary>How it stands now.</summary>
    public DemoCount Count()
    {
        lock (_gate)
        {
            return new DemoCount(
                Sent: _sent.Count,
                Delivered: _delivered,
                Lost: _sent.Keys.Count(id => !_timesHandled.ContainsKey(id)),
                Twice: _timesHandled.Values.Sum(times => times - 1),
                Disordered: CountDisordered(),
                Wrong: _handled.Count(one => !_sent.TryGetValue(one.Id, out var row) || row.Text != one.Text));
        }
    }

    /// <summary>Messages that were first handled after a later one of their sender.</summary>
    private int CountDisordered()
    {
        var last = new Dictionary<UserId, long>();
        var seen = new HashSet<MessageId>();
        var disordered = 0;
        foreach (var (id, _) in _handled)
        {
            if (!seen.Add(id) || !_sent.TryGetValue(id, out var row))
            {
                continue;
            }

            if (row.Number < last.GetValueOrDefault(row.From))
            {
                disordered++;
            }
            else
            {
                last[row.From] = row.Number;
            }
        }

        return disordered;
    }

    private sealed record SentRow(UserId From, long Number, string Text);
}

/// <summary>What a ledger says at one moment. While messages are under way, <paramref name="Lost"/> are those that have not come yet.</summary>
/// <param name="Sent">Messages that <c>SendAsync</c> has taken.</param>
/// <param name="Delivered">Messages whose senders were told that they are delivered.</param>
/// <param name="Lost">Messages that were sent and never handled.</param>
/// <param name="Twice">How often a message was handled beyond the first time.</param>
/// <param name="Disordered">Messages that were handled after a later one of their sender.</param>
/// <param name="Wrong">Messages that came with another text, or that nobody has sent.</param>
internal readonly record struct DemoCount(int Sent, int Delivered, int Lost, int Twice, int Disordered, int Wrong)
{
    /// <summary>Everything has come, and every sender knows.</summary>
    public bool IsComplete => Lost == 0 && Delivered == Sent;

    /// <summary>What the demonstration set out to show.</summary>
    public bool HoldsAll => IsComplete && Sent > 0 && Twice == 0 && Disordered == 0 && Wrong == 0;
}

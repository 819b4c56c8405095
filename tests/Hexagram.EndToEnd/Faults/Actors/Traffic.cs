namespace Hexagram.EndToEnd.Faults.Actors;

/// <summary>Messages both ways between two applications, in batches, and the waits on their progress.</summary>
internal sealed class Traffic(Application one, Application other)
{
    private int _batches;

    /// <summary>How many messages have been sent, in both directions together.</summary>
    public int Messages { get; private set; }

    /// <summary>Sends so many messages each way, and waits until they are in the outboxes: that takes no network.</summary>
    public async Task SendAsync(int count)
    {
        var sent = (one.Count(Spoken.Sent) + count, other.Count(Spoken.Sent) + count);
        await Task.WhenAll(one.SendAsync(other, count, Padding()), other.SendAsync(one, count, Padding()));
        await one.WhenAsync(() => one.Count(Spoken.Sent) >= sent.Item1);
        await other.WhenAsync(() => other.Count(Spoken.Sent) >= sent.Item2);
        Messages += 2 * count;
    }

    /// <summary>Waits until both have handled so many more messages than when <paramref name="act"/> began.</summary>
    public async Task ProgressAsync(int count, Func<Task> act)
    {
        var handled = (one.Count(Spoken.Handled) + count, other.Count(Spoken.Handled) + count);
        await act();
        await one.WhenAsync(() => one.Count(Spoken.Handled) >= handled.Item1);
        await other.WhenAsync(() => other.Count(Spoken.Handled) >= handled.Item2);
    }

    /// <summary>Bodies of a few bytes, of some kilobytes, and now and then of more than a socket takes at once.</summary>
    private int Padding() => (_batches++ % 5) switch { 0 => 3000, 3 => 40_000, _ => 20 };
}

using Hexagram.Protocol;

namespace Hexagram.Checking;

/// <summary>
/// The recorded history of a run: what every application called, was told and has, and what its witnesses saw. Append-only; about 150 bytes per message
/// and event, all in memory. Thread-safe.
/// </summary>
/// <remarks>
/// Events of several processes may be recorded in any order, as long as their times come from one clock: <see cref="Checker"/> sorts them. At equal times
/// the order of the recording counts.
/// </remarks>
public sealed class History
{
    private readonly Lock _gate = new();
    private readonly List<HistoryEvent> _events = [];

    /// <summary>How many events there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _events.Count;
            }
        }
    }

    /// <summary>Whether some witness of the server's disk was heard: without one, nobody can say whether <i>accepted</i> was true.</summary>
    public bool HasDiskWitness { get; set; }

    /// <inheritdoc cref="HistoryEventKind.Calling"/>
    public void Calling(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.Calling, message));

    /// <inheritdoc cref="HistoryEventKind.Sent"/>
    public void Sent(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.Sent, message));

    /// <inheritdoc cref="HistoryEventKind.Told"/>
    public void Told(TimeSpan at, TrackedMessage message, MessageState state) => Add(new(at, HistoryEventKind.Told, message, State: state));

    /// <inheritdoc cref="HistoryEventKind.CalledOff"/>
    public void CalledOff(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.CalledOff, message));

    /// <inheritdoc cref="HistoryEventKind.Excused"/>
    public void Excused(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.Excused, message));

    /// <inheritdoc cref="HistoryEventKind.ExcusedAt"/>
    public void ExcusedAt(TimeSpan at, Party party, TrackedMessage message) => Add(new(at, HistoryEventKind.ExcusedAt, message, party));

    /// <summary>The server's disk has the entry. A witness that only looked afterwards says <see cref="TimeSpan.MinValue"/>.</summary>
    public void Kept(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.Kept, message));

    /// <summary>The device's application has the effect of the message.</summary>
    /// <param name="at">Not later than its commit.</param>
    /// <param name="by">Where.</param>
    /// <param name="message">What.</param>
    /// <param name="marked">Whether it was marked as possibly handled before.</param>
    public void Handled(TimeSpan at, Party by, TrackedMessage message, bool marked = false) =>
        Add(new(at, marked ? HistoryEventKind.HandledMarked : HistoryEventKind.Handled, message, by));

    /// <inheritdoc cref="HistoryEventKind.Waiting"/>
    public void Waiting(TimeSpan at, TrackedMessage message) => Add(new(at, HistoryEventKind.Waiting, message));

    /// <inheritdoc cref="HistoryEventKind.Started"/>
    public void Started(TimeSpan at, Party party) => Add(new(at, HistoryEventKind.Started, Party: party));

    /// <inheritdoc cref="HistoryEventKind.StartedSendOnly"/>
    public void StartedSendOnly(TimeSpan at, Party party) => Add(new(at, HistoryEventKind.StartedSendOnly, Party: party));

    /// <inheritdoc cref="HistoryEventKind.Burnt"/>
    public void Burnt(TimeSpan at, Party party) => Add(new(at, HistoryEventKind.Burnt, Party: party));

    /// <inheritdoc cref="HistoryEventKind.Restored"/>
    public void Restored(TimeSpan at) => Add(new(at, HistoryEventKind.Restored));

    /// <inheritdoc cref="HistoryEventKind.FaultsEnded"/>
    public void FaultsEnded(TimeSpan at) => Add(new(at, HistoryEventKind.FaultsEnded));

    /// <summary>All that was recorded until now, by time.</summary>
    public IReadOnlyList<HistoryEvent> ReadInOrder()
    {
        HistoryEvent[] events;
        lock (_gate)
        {
            events = [.. _events];
        }

        for (var n = 1; n < events.Length; n++)
        {
            if (events[n].At < events[n - 1].At)
            {
                // Stable, so that what one process did at one instant stays in its order.
                return [.. events.OrderBy(one => one.At)];
            }
        }

        return events;
    }

    private void Add(HistoryEvent one)
    {
        lock (_gate)
        {
            _events.Add(one);
        }
    }
}

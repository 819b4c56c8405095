using Hexagram.Protocol;

namespace Hexagram.Delivery.Outgoing;

/// <summary>
/// When the outbox asks about what the server has stored. Once soon after it was told so: a recipient who was only between two connections has it by then, and the news
/// of that may have been lost inside the server. And now and then, for those who stay away.
/// </summary>
internal sealed class StoredSweep(OutboxOptions options)
{
    private TimeSpan? _soon;
    private TimeSpan? _next;

    /// <summary>When it is time for one; null while there is no connection.</summary>
    internal TimeSpan? Next => _soon < _next ? _soon : _next;

    /// <summary>Everything has just been asked about.</summary>
    internal void Begin(TimeSpan now) => (_soon, _next) = (null, now + options.StatusInterval);

    /// <summary>There is no connection.</summary>
    internal void End() => (_soon, _next) = (null, null);

    /// <summary>Something has been stored. What comes before the sweep for it goes with it.</summary>
    internal void Stored(OutboxEntry entry, TimeSpan now)
    {
        entry.AskSoon = true;
        _soon ??= now + options.StatusSoon;
    }

    /// <summary>Those of the messages that are to be asked about now.</summary>
    internal IEnumerable<OutboxEntry> Take(IEnumerable<OutboxEntry> entries, TimeSpan now)
    {
        if (!(now >= Next))
        {
            return [];
        }

        var all = now >= _next;
        (_soon, _next) = (null, all ? now + options.StatusInterval : _next);
        return entries.Where(entry => entry is { State: MessageState.Stored, Queued: false, Deadline: null } && (all || entry.AskSoon));
    }
}

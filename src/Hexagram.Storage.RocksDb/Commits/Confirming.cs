using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>Moves a device's cursor and finds out what that delivers.</summary>
internal static class Confirming
{
    // How exactly a device that only shows itself is remembered to have been seen: it saves a write per Hello.
    private const long SeenStepMilliseconds = 60 * 60 * 1_000;

    /// <summary>
    /// Moves the cursor up to <paramref name="upTo"/>, or as far as <see cref="Confirmation.NewlyDeliveredMax"/> newly delivered
    /// entries reach, and returns those.
    /// </summary>
    internal static IReadOnlyList<DeliveredMessage> MoveCursor(Commit commit, MailboxState state, DeviceState device, long upTo)
    {
        state.SkipForgotten(device);
        upTo = Math.Min(upTo, state.DurableLast);
        if (upTo <= device.Cursor)
        {
            return [];
        }

        List<DeliveredMessage>? newly = null;
        var reached = device.Cursor;
        while (reached < upTo && newly is not { Count: Confirmation.NewlyDeliveredMax })
        {
            var gap = state.Delivered.FirstGap(reached, upTo);
            if (gap.IsEmpty)
            {
                reached = upTo;
                break;
            }

            newly ??= [];
            reached = Math.Min(gap.UpTo, gap.After + Confirmation.NewlyDeliveredMax - newly.Count);
            Collect(commit, state, gap.After, reached, newly);
        }

        state.AddDelivered(device.Cursor, reached, newly?.Count ?? 0);
        foreach (var delivered in newly ?? [])
        {
            SenderQuota.Delivered(delivered.From, state);
        }

        device.Cursor = reached;
        device.SeenAt = commit.Now;
        device.Changed = true;
        commit.Touch(state);
        return (IReadOnlyList<DeliveredMessage>?)newly ?? [];
    }

    /// <summary>Whether moving the cursor up to <paramref name="upTo"/> takes nothing but what is in mind.</summary>
    internal static bool NeedsNoReading(MailboxState state, DeviceState device, long upTo)
    {
        if (upTo > state.DurableLast || device.Cursor < state.FirstAvailable - 1)
        {
            return false;
        }

        var gap = state.Delivered.FirstGap(device.Cursor, Math.Max(device.Cursor, upTo));
        return gap.IsEmpty || (state.Headers.Holds(gap.After + 1) && state.Headers.Holds(upTo));
    }

    /// <summary>Remembers that the device was heard of.</summary>
    internal static void MarkSeen(Commit commit, MailboxState state, DeviceState device)
    {
        if (Math.Abs(commit.Now - device.SeenAt) >= SeenStepMilliseconds)
        {
            device.SeenAt = commit.Now;
            device.Changed = true;
        }

        if (device.Changed)
        {
            commit.Touch(state);
        }
    }

    private static void Collect(Commit commit, MailboxState state, long after, long upTo, List<DeliveredMessage> newly)
    {
        var sequence = upTo;
        while (sequence > after && state.Headers.Holds(sequence))
        {
            sequence--;
        }

        // What lies further back than the memory reaches comes from the log.
        if (sequence > after)
        {
            commit.Reader.ReadHeaders(state.Prefix, after, sequence, (at, header, _) =>
            {
                newly.Add(new DeliveredMessage(header.From, header.Id, new(at)));
                return true;
            });
        }

        for (sequence++; sequence <= upTo; sequence++)
        {
            var (from, id) = state.Headers[sequence];
            newly.Add(new DeliveredMessage(from, id, new(sequence)));
        }
    }
}

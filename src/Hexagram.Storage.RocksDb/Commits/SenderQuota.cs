using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// Counts what one sender has unconfirmed in one mailbox, but only where it can matter: a mailbox that holds fewer unconfirmed
/// entries than one sender may have need not know whose they are.
/// </summary>
internal static class SenderQuota
{
    /// <summary>How many unconfirmed entries <paramref name="sender"/> has; 0 stands for "few enough" while nobody has counted.</summary>
    internal static int UnconfirmedOf(UserId sender, MailboxState state, Commit commit)
    {
        if (state.UnconfirmedBySender is null && state.Unconfirmed < commit.Options.Limits.UnconfirmedPerSenderMax)
        {
            return 0;
        }

        state.UnconfirmedBySender ??= Count(state, commit);
        return state.UnconfirmedBySender.GetValueOrDefault(sender);
    }

    /// <summary>Takes the delivered entry of <paramref name="sender"/> out of the count, and lets go of a count that no longer matters.</summary>
    internal static void Delivered(UserId sender, MailboxState state)
    {
        if (state.UnconfirmedBySender is { } counts && --counts[sender] == 0)
        {
            counts.Remove(sender);
        }

        if (state.Unconfirmed == 0)
        {
            state.UnconfirmedBySender = null;
        }
    }

    // Reads all unconfirmed entries once. It takes a mailbox with very many of them to get here.
    private static Dictionary<UserId, int> Count(MailboxState state, Commit commit)
    {
        var counts = new Dictionary<UserId, int>();
        var after = state.FirstAvailable - 1;
        while (state.Delivered.FirstGap(after, state.DurableLast) is { IsEmpty: false } gap)
        {
            commit.Reader.ReadHeaders(state.Prefix, gap.After, gap.UpTo, (_, header, _) => Add(counts, header.From));
            after = gap.UpTo;
        }

        foreach (var pending in commit.PendingSendersOf(state))
        {
            Add(counts, pending);
        }

        return counts;
    }

    private static bool Add(Dictionary<UserId, int> counts, UserId sender)
    {
        counts[sender] = counts.GetValueOrDefault(sender) + 1;
        return true;
    }
}

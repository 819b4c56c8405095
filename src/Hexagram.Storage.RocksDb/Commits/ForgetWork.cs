using Hexagram.Protocol;
using Hexagram.Storage.RocksDb.Format;
using Hexagram.Storage.RocksDb.Mailboxes;

namespace Hexagram.Storage.RocksDb.Commits;

/// <summary>
/// Forgets a bounded piece of one mailbox; see <see cref="IMailboxStore.ForgetAsync"/>. Always the oldest first and without a hole: what
/// may not go yet keeps everything after it. An entry whose body goes before its id may keeps its header, so that the id can be found when its time comes.
/// </summary>
internal sealed class ForgetWork(UserId mailbox, long now) : Work<ForgottenPiece>
{
    // What one commit may spend on forgetting: some hundred microseconds, so that appends hardly notice.
    private const int EntriesMax = 256;

    internal override void Decide(Commit commit)
    {
        var state = commit.Mailbox(mailbox);
        var policy = commit.Options.Forgetting;
        var idsBefore = now - (long)policy.Horizon.TotalMilliseconds;
        var ids = ForgetHeaders(commit, state, idsBefore);
        var entries = ForgetEntries(commit, state, policy, idsBefore, ref ids);
        if (ids + entries > 0)
        {
            state.RecordChanged = true;
            commit.Touch(state);
        }

        Result = new ForgottenPiece(entries, ids, More: Math.Max(ids, entries) >= EntriesMax);
    }

    private static int ForgetHeaders(Commit commit, MailboxState state, long idsBefore)
    {
        var ids = 0;
        var last = Math.Min(state.FirstAvailable - 1, state.Record.FirstKept - 1 + EntriesMax);
        commit.Reader.ReadHeaders(state.Prefix, state.Record.FirstKept - 1, last, (sequence, header, _) =>
        {
            var old = IsOlder(header, idsBefore);
            if (old)
            {
                commit.DeleteHeaderAndId(state, sequence, header);
                ids++;
            }

            return old;
        });
        return ids;
    }

    private int ForgetEntries(Commit commit, MailboxState state, ForgettingPolicy policy, long idsBefore, ref int ids)
    {
        var (entries, idsToo) = (0, 0);
        var entriesBefore = now - (long)policy.Retention.TotalMilliseconds;
        var after = state.FirstAvailable - 1;
        var last = Math.Min(FreeUpTo(state, now - (long)policy.DeviceUnseen.TotalMilliseconds), after + EntriesMax);
        commit.Reader.ReadHeaders(state.Prefix, after, last, (sequence, header, holdsBody) =>
        {
            if (header.AcceptedAt > entriesBefore || !state.IsDelivered(sequence))
            {
                return false;
            }

            commit.DeleteBody(state, sequence, header, holdsBody);
            entries++;

            // Ids go in sequence too: one that must stay keeps those after it, or its header could not be found again.
            if (state.Record.FirstKept == sequence && IsOlder(header, idsBefore))
            {
                commit.DeleteHeaderAndId(state, sequence, header);
                idsToo++;
            }

            return true;
        });
        ids += idsToo;
        if (entries > 0)
        {
            state.ForgetUpTo(after + entries);
        }

        return entries;
    }

    /// <summary>Up to where no device holds anything back. One that was not seen for long holds nothing.</summary>
    private static long FreeUpTo(MailboxState state, long unseenBefore)
    {
        var upTo = state.DurableLast;
        foreach (var device in state.Devices)
        {
            if (device.SeenAt >= unseenBefore)
            {
                upTo = Math.Min(upTo, device.Cursor);
            }
        }

        return upTo;
    }

    private static bool IsOlder(EntryHeader header, long before) =>
        header.AcceptedAt <= before && header.Id.MadeAt.ToUnixTimeMilliseconds() <= before;
}

/// <summary>What one piece removed, and whether there may be more to remove in the same mailbox at once.</summary>
internal readonly record struct ForgottenPiece(int Entries, int MessageIds, bool More);

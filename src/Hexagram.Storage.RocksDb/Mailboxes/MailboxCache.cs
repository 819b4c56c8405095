using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// The mailboxes that the writer keeps in mind: those used last, at most a given number. It belongs to the commit thread.
/// </summary>
internal sealed class MailboxCache(MailboxReader reader, int mailboxesMax)
{
    private readonly Dictionary<UserId, MailboxState> _states = [];
    private readonly LinkedList<MailboxState> _byUse = new();

    /// <summary>The state of <paramref name="mailbox"/>, read if it is not in mind.</summary>
    internal MailboxState Get(UserId mailbox)
    {
        if (_states.TryGetValue(mailbox, out var state))
        {
            var node = state.CacheNode!;
            if (!ReferenceEquals(_byUse.First, node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }

            return state;
        }

        state = reader.ReadState(mailbox);
        state.CacheNode = _byUse.AddFirst(state);
        _states.Add(mailbox, state);
        return state;
    }

    /// <summary>
    /// Lets go of the mailboxes used longest ago. To be called between batches only: within one, a state let go would be read
    /// back without what the batch has decided.
    /// </summary>
    internal void Trim()
    {
        while (_states.Count > mailboxesMax)
        {
            _states.Remove(_byUse.Last!.Value.Mailbox);
            _byUse.RemoveLast();
        }
    }
}

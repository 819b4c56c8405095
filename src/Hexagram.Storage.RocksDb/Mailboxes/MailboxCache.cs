using Hexagram.Protocol;

namespace Hexagram.Storage.RocksDb.Mailboxes;

/// <summary>
/// The mailboxes that the writer keeps in mind: those used last, at most a given number. Guarded by <see cref="Commits.Commit.Gate"/>.
/// </summary>
internal sealed class MailboxCache(MailboxReader reader, int mailboxesMax)
{
    private readonly Dictionary<UserId, MailboxState> _states = [];
    private readonly LinkedList<MailboxState> _byUse = new();
    private readonly List<MailboxState> _foundAbsent = [];

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
        if (state.IsAbsent)
        {
            _foundAbsent.Add(state);
        }

        return state;
    }

    /// <summary>The state of <paramref name="mailbox"/>, or null if it is not in mind.</summary>
    internal MailboxState? Peek(UserId mailbox) => _states.GetValueOrDefault(mailbox);

    /// <summary>
    /// Lets go of mailboxes that do not exist, since whoever asks for many of those must not drive out the ones in use, and then of
    /// those used longest ago. To be called when a batch has been written; what has been confirmed meanwhile stays, or it would be read
    /// back without that.
    /// </summary>
    internal void Trim()
    {
        foreach (var state in _foundAbsent)
        {
            if (state.IsAbsent)
            {
                LetGo(state);
            }
        }

        _foundAbsent.Clear();
        for (var node = _byUse.Last; node is not null && _states.Count > mailboxesMax;)
        {
            var state = node.Value;
            node = node.Previous;
            if (!state.InBatch)
            {
                LetGo(state);
            }
        }
    }

    private void LetGo(MailboxState state)
    {
        _states.Remove(state.Mailbox);
        _byUse.Remove(state.CacheNode!);
    }
}

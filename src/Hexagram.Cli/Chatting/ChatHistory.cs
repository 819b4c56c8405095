namespace Hexagram.Cli.Chatting;

/// <summary>What has been said in this run, the oldest first, up to a bound. Thread-safe.</summary>
internal sealed class ChatHistory
{
    /// <summary>Entries that are kept; of more, the newest.</summary>
    public const int EntriesMax = 2_000;

    private readonly Lock _gate = new();
    private readonly List<ChatEntry> _entries = [];

    /// <summary>The entries now.</summary>
    public IReadOnlyList<ChatEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>Adds an entry at the end.</summary>
    public void Add(ChatEntry entry)
    {
        lock (_gate)
        {
            if (_entries.Count == EntriesMax)
            {
                _entries.RemoveAt(0);
            }

            _entries.Add(entry);
        }
    }
}

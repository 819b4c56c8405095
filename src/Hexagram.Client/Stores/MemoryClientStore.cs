using System.Security.Cryptography;
using Hexagram.Delivery.Incoming;
using Hexagram.Protocol;

namespace Hexagram.Client.Stores;

/// <summary>
/// Remembers for as long as the process runs. No thread, no queue: every write is done when its call returns, so hundreds
/// of clients in one process cost little.
/// </summary>
internal sealed class MemoryClientStore(DeviceId? device) : IClientStore
{
    /// <summary>Handled messages remembered by id; the oldest are forgotten beyond it.</summary>
    internal const int SeenMax = 10_000;

    private readonly Lock _gate = new();
    private readonly HashSet<MessageKey> _seen = [];
    private readonly Queue<MessageKey> _seenInOrder = new();
    private readonly List<SetAsideMessage> _setAside = [];

    public bool KeepsBodies => false;

    public bool HasTransactions => false;

    public bool IsInTransaction => false;

    public StoredClient Load() => new() { Device = device ?? NewDevice() };

    public Task ReserveConnectionsAsync(ConnectionNumber upTo) => Task.CompletedTask;

    public Task SaveUserAsync(UserId user) => Task.CompletedTask;

    public void SaveClock(TimeSpan offset)
    {
    }

    public void Insert(StoredMessage message, Body body, IInsertion insertion) => insertion.Completed(null);

    public void Mark(IReadOnlyList<(long Number, MessageId Id)> messages, Action<ClientStoreException?> completed) => completed(null);

    public void Raise(long number, MessageState state)
    {
    }

    public void Remove(long number, Action<ClientStoreException?>? completed = null) => completed?.Invoke(null);

    public Task<IReadOnlyDictionary<long, Body>> ReadBodiesAsync(IReadOnlyList<long> numbers) =>
        throw new InvalidOperationException("This store keeps no bodies.");

    public Task AdoptAsync(InboxPosition position) => Task.CompletedTask;

    public Task BeginAsync(MessageKey message) => Task.CompletedTask;

    public int SetAsideCount
    {
        get
        {
            lock (_gate)
            {
                return _setAside.Count;
            }
        }
    }

    public Task CommitAsync(InboxCommit commit)
    {
        lock (_gate)
        {
            if (commit.Seen is { } key && _seen.Add(key))
            {
                _seenInOrder.Enqueue(key);
                if (_seenInOrder.Count > SeenMax)
                {
                    _seen.Remove(_seenInOrder.Dequeue());
                }
            }

            if (commit.SetAside is { } message)
            {
                _setAside.Add(message);
            }
        }

        return Task.CompletedTask;
    }

    public Task<bool> HasSeenAsync(MessageKey message)
    {
        lock (_gate)
        {
            return Task.FromResult(_seen.Contains(message));
        }
    }

    public Task<IInboxTransaction> BeginTransactionAsync(InboxCommit commit, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A store in memory has no transactions; use ClientStore.Sqlite.");

    public Task<IReadOnlyList<SetAsideMessage>> ReadSetAsideAsync()
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<SetAsideMessage>>([.. _setAside]);
        }
    }

    public Task<bool> RemoveSetAsideAsync(MessageKey message)
    {
        lock (_gate)
        {
            return Task.FromResult(_setAside.RemoveAll(m => m.Message.From == message.From && m.Message.Id == message.Id) > 0);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static DeviceId NewDevice() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
}

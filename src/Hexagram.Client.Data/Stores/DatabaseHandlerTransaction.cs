using System.Data.Common;
using Hexagram.Client.Stores;

namespace Hexagram.Client.Data.Stores;

/// <summary>
/// A transaction lent to a handler. The writer's thread waits here meanwhile, and ends the transaction when the handler is done with it. Messages that
/// the handler sends are kept, and written at its end: so nothing but the handler's own commands is at the connection while it runs.
/// </summary>
/// <param name="session">The writer's, with the transaction open and the inbox's marks already written in it.</param>
/// <param name="flow">Marks the flow of the handler.</param>
internal sealed class DatabaseHandlerTransaction(DatabaseSession session, AsyncLocal<DatabaseHandlerTransaction?> flow) : IInboxTransaction
{
    private readonly object _gate = new();
    private readonly List<Statement> _joined = [];
    private readonly List<Action<ClientStoreException?>> _waiting = [];
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _commit;
    private bool _ending;

    // Kept here: a rollback takes it from the session.
    private readonly DbTransaction _transaction = session.Transaction!;

    public DbTransaction Transaction => _transaction;

    internal DatabaseSession Session => session;

    internal bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return !_ending;
            }
        }
    }

    /// <summary>What is written at the end of the transaction. Used when it <see cref="Wait">has been ended</see>.</summary>
    internal IReadOnlyList<Statement> Joined => _joined;

    internal bool IsToBeCommitted => _commit;

    public void Enter() => flow.Value = this;

    public Task<bool> CommitAsync() => EndAsync(commit: true);

    public Task<bool> RollbackAsync() => EndAsync(commit: false);

    /// <summary>Keeps these for the transaction's end; false when that has come. <paramref name="completed"/> hears how it went.</summary>
    internal bool TryJoin(IEnumerable<Statement> statements, Action<ClientStoreException?> completed)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return false;
            }

            _joined.AddRange(statements);
            _waiting.Add(completed);
            return true;
        }
    }

    /// <summary>On the writer's thread, until the handler is done.</summary>
    internal void Wait()
    {
        lock (_gate)
        {
            while (!_ending)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>On the writer's thread: how it ended.</summary>
    internal void Ended(bool committed, ClientStoreException? fault)
    {
        Settle(committed ? null : fault ?? new ClientStoreException("The handler's transaction was undone."));
        SqliteWriter.Complete(_ended, committed, fault);
    }

    /// <summary>On the writer's thread: what became of the messages that the handler has sent, if that is not known yet.</summary>
    internal void Settle(ClientStoreException? fault)
    {
        _waiting.ForEach(completed => completed(fault));
        _waiting.Clear();
    }

    private Task<bool> EndAsync(bool commit)
    {
        lock (_gate)
        {
            _commit = commit;
            _ending = true;
            Monitor.Pulse(_gate);
        }

        return _ended.Task;
    }
}
